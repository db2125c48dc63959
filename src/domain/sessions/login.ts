import { and, eq, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { asSpelledFirst, hasAddress, keysOf } from '../accounts/email-keys.ts'
import { fold } from '../../base/text.ts'
import type { DecoyFor } from '../accounts/decoys.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import type { Passwords } from '../accounts/passwords.ts'
import type { Origin } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import { InvalidCredentials, OtpInvalid, OtpRequired } from '../../base/access-errors.ts'
import type { Alerts } from '../mail/alerts.ts'
import { CODE_WRONG } from '../mail/task.ts'
import type { Attempts } from './attempts.ts'
import type { Devices } from './devices.ts'
import type { Entry } from './entry.ts'
import type { Issue, TokenPair } from './issue.ts'
import type { Keys } from './keys.ts'

/** One of both names; the username wins when both are given. */
export interface Credentials {
  username?: string | undefined
  email?: string | undefined
  password: string
  /** Of the second factor, where the account has one. */
  otp?: string | undefined
  /** What an earlier login left on the device. */
  deviceMark?: string | undefined
}
export interface Login extends TokenPair {
  /** For the device to keep. */
  deviceMark: string
}
/** An account that changes under every look is refused: one look more than a login that rehashes at the same moment needs. */
const LOOKS = 3

export interface LoginDeps {
  store: Store
  audit: Audit
  passwords: Passwords
  decoyFor: DecoyFor
  attempts: Attempts
  devices: Devices
  alerts: Alerts
  enter: Entry
  keys: Keys
  issue: Issue
  secondFactor: SecondFactor
}

/** Logging in: an unknown name, a wrong password and a suspended account look and cost the same. */
export function createLogin({
  store,
  audit,
  passwords,
  decoyFor,
  attempts,
  devices,
  alerts,
  enter,
  keys,
  issue,
  secondFactor,
}: LoginDeps) {
  const { users } = store.tables
  const secret = {
    id: users.id,
    role: users.role,
    status: users.status,
    passwordHash: users.passwordHash,
    passwordSecret: users.passwordSecret,
  }
  const byUsername = store.define('login_by_username', (q) =>
    q
      .select(secret)
      .from(users)
      .where(eq(users.usernameKey, $('key'))),
  )
  const byEmail = store.define('login_by_email', (q) =>
    q.select(secret).from(users).where(hasAddress(users)).orderBy(asSpelledFirst(users)),
  )
  /**
   * Nothing has come between looking at the password and opening the session. A write even where nothing changes: it waits for
   * whoever is changing the account, and lets nobody change it before the session is there to be ended.
   */
  const settle = store.define('login_settle', (q) =>
    q
      .update(users)
      .set({
        passwordHash: sql`${$('hash', users.passwordHash)}`,
        passwordSecret: sql`${$('secretId', users.passwordSecret)}`,
      })
      .where(
        and(
          eq(users.id, $('id')),
          eq(users.status, 'active'),
          eq(users.passwordHash, $('passwordHash')),
        ),
      )
      .returning({ role: users.role }),
  )

  /**
   * Checks a password and opens a session.
   * @param rotating whether refreshing spends the refresh token (v2), or leaves it good (v1)
   * @throws InvalidCredentials, OtpRequired, OtpInvalid, TooManyAttempts, Overloaded when too many passwords wait to be checked
   */
  return async function login(
    { username, email, password, otp, deviceMark }: Credentials,
    origin: Origin,
    { rotating }: { rotating: boolean },
  ): Promise<Login> {
    const by = username !== undefined ? 'username' : 'email'
    const names = username !== undefined ? { key: fold(username) } : keysOf(email ?? '')
    const find = () => store.read(by === 'username' ? byUsername : byEmail, names)
    const kid = await keys.signingKid()
    let [user] = await find()
    const guessed = { by, ...(user ? { id: user.id } : { name: names.key }) } as const

    const device = user && deviceMark !== undefined ? devices.deviceOf(user, deviceMark) : undefined

    let isOtpWrong = false
    const settled = await attempts.guess(guessed, { ip: origin.ip, device }, async () => {
      for (let look = 1; look <= LOOKS; look++) {
        if (look > 1) [user] = await find()
        const stored = user ? user.passwordHash : await decoyFor(names.key)
        const { ok, stale } = await passwords.verify(password, stored)
        if (!user || !ok || user.status !== 'active') return undefined
        const { id, passwordHash, passwordSecret } = user
        const spend = await secondFactor.ask(id, otp)
        if (!spend) {
          isOtpWrong = true
          return undefined
        }
        const { hash, secretId } = stale
          ? await passwords.hash(password)
          : { hash: passwordHash, secretId: passwordSecret }
        const opened = await store.transaction(function* (tx) {
          const [now] = yield* tx.run(settle, { id, passwordHash, hash, secretId })
          if (!now) return undefined
          if (!(yield* spend(tx))) throw otp === undefined ? new OtpRequired() : new OtpInvalid()
          return yield* enter(tx, { id, role: now.role }, origin, {
            action: 'login',
            rotating,
            kid,
          })
        })
        if (opened) return { pair: opened, owner: { id, passwordHash: hash } }
      }
      return undefined
    })
    if (!settled) {
      const target = user && { type: 'user', id: user.id }
      await audit.record({ action: 'login', outcome: 'failure', target, origin })
      if (!isOtpWrong || !user) throw new InvalidCredentials()
      const { id } = user
      await store.transaction((tx) => alerts.noticed(tx, id, CODE_WRONG))
      throw new OtpInvalid()
    }
    return { ...(await issue.signPair(settled.pair)), deviceMark: devices.mark(settled.owner) }
  }
}
