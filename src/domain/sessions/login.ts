import { and, eq, sql } from 'drizzle-orm'
import { $, type Store } from '../../db/store.ts'
import { fold, foldEmail } from '../accounts/fields.ts'
import type { Passwords } from '../accounts/passwords.ts'
import type { Origin } from '../actor.ts'
import type { Audit } from '../audit.ts'
import { InvalidCredentials, Overloaded } from '../errors.ts'
import type { Attempts } from './attempts.ts'
import type { Sessions, TokenPair } from './sessions.ts'

/** One of both names; the username wins when both are given. */
export interface Credentials {
  username?: string | undefined
  email?: string | undefined
  password: string
}
export interface LoginDeps {
  store: Store
  audit: Audit
  passwords: Passwords
  attempts: Attempts
  sessions: Sessions
}

/** Logging in: an unknown name, a wrong password and a suspended account look and cost the same. */
export function createLogin({ store, audit, passwords, attempts, sessions }: LoginDeps) {
  const { users } = store.tables
  const secret = {
    id: users.id,
    role: users.role,
    status: users.status,
    passwordHash: users.passwordHash,
  }
  const byUsername = store.define('login_by_username', (q) =>
    q
      .select(secret)
      .from(users)
      .where(eq(users.usernameKey, $('key'))),
  )
  const byEmail = store.define('login_by_email', (q) =>
    q
      .select(secret)
      .from(users)
      .where(eq(users.emailKey, $('key'))),
  )
  /** Nothing has come between looking at the password and opening the session. */
  const unchanged = store.define('login_unchanged', (q) =>
    q
      .select({ role: users.role })
      .from(users)
      .where(
        and(
          eq(users.id, $('id')),
          eq(users.status, 'active'),
          eq(users.passwordHash, $('passwordHash')),
        ),
      ),
  )
  const rehash = store.define('login_rehash', (q) =>
    q
      .update(users)
      .set({
        passwordHash: sql`${$('hash', users.passwordHash)}`,
        passwordSecret: sql`${$('secretId', users.passwordSecret)}`,
      })
      .where(eq(users.id, $('id'))),
  )

  /**
   * Checks a password and opens a session.
   * @throws InvalidCredentials, TooManyAttempts, Overloaded when too many passwords wait to be checked
   */
  return async function login(
    { username, email, password }: Credentials,
    origin: Origin,
  ): Promise<TokenPair> {
    const key = username !== undefined ? fold(username) : foldEmail(email ?? '')
    const attempt = await attempts.begin(key, origin.ip)
    try {
      const [user] = await store.read(username !== undefined ? byUsername : byEmail, { key })
      const { ok, stale } = await passwords.verify(password, user?.passwordHash)
      if (!user || !ok || user.status !== 'active') {
        await attempt.failed()
        await audit.record({
          action: 'login',
          outcome: 'failure',
          target: user && { type: 'user', id: user.id },
          origin,
        })
        throw new InvalidCredentials()
      }
      const fresh = stale ? await passwords.hash(password) : undefined
      const pair = await store.transaction(function* (tx) {
        const [now] = yield* tx.run(unchanged, { id: user.id, passwordHash: user.passwordHash })
        if (!now) throw new InvalidCredentials()
        if (fresh) yield* tx.run(rehash, { id: user.id, ...fresh })
        const claims = yield* sessions.open(tx, { id: user.id, role: now.role }, origin)
        yield* audit.within(tx, {
          action: 'login',
          outcome: 'success',
          actorId: user.id,
          target: { type: 'session', id: claims[0]!.sid },
          origin,
        })
        return claims
      })
      await attempt.succeeded()
      return await sessions.signPair(pair)
    } catch (error) {
      if (error instanceof Overloaded) await attempt.abandoned()
      throw error
    }
  }
}
