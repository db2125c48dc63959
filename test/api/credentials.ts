import { createHash } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { eq } from '../../src/db/drizzle.ts'
import type { Actor } from '../../src/base/actor.ts'
import type { Scope } from '../../src/domain/scopes.ts'
import type { Purpose } from '../../src/domain/single-use-tokens.ts'
import type { Started } from '../helper.ts'
import { claimsOf } from './v1/forge.ts'

type Person = Pick<Actor, 'id' | 'username'> & { accessToken?: string }

/** Whoever acts, in their session if they have one. */
export const actorOf = ({ id, username, accessToken }: Person): Actor => ({
  id,
  username,
  role: 'user',
  sessionId: accessToken === undefined ? '' : String(claimsOf(accessToken)['sid']),
  origin: { ip: '127.0.0.1', userAgent: undefined, requestId: 'test' },
})

/** What the app shows that has the secret. */
export const codeOf = (secret: string, { clock }: Pick<Started, 'clock'>, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: clock.now().getTime() + steps * 30_000,
  })

/** Offers somebody a second factor. @returns the code that confirms it */
export async function offerTotp(started: Started, person: Person) {
  const { secret } = await started.backend.secondFactor.begin(actorOf(person))
  return codeOf(secret, started)
}

/** Gives somebody a second factor, if they have none. */
export async function enableTotp(started: Started, person: Person) {
  if (await started.backend.secondFactor.isActive(person.id)) return
  const otp = await offerTotp(started, person)
  await started.backend.secondFactor.confirm(actorOf(person), otp)
}

/** Gives somebody an address that is not confirmed: a pending one, and one in force. @returns it */
export async function addEmail({ backend: { store } }: Started, { id }: Person) {
  const { users } = store.tables
  const email = `user-${id}@example.com`
  const columns = { pendingEmail: email, email, emailKey: email }
  await store.transaction((tx) =>
    tx.query((q) => q.update(users).set(columns).where(eq(users.id, id))),
  )
  return email
}

/** Makes a token good, as a mail would. The person has the address that it was mailed to, or for an export the session that asked. */
export async function linkFor(started: Started, person: Person, purpose: Purpose) {
  const { backend, clock } = started
  const token = `link-${person.id}-${purpose.replace('.', '-')}`.padEnd(43, '-')
  const { singleUseTokens } = backend.store.tables
  const data =
    purpose === 'export' ? await sessionOf(started, person) : await addEmail(started, person)
  await backend.store.transaction((tx) =>
    tx.query((q) =>
      q.insert(singleUseTokens).values({
        digest: createHash('sha256').update(token).digest('base64url'),
        purpose,
        userId: person.id,
        data,
        createdAt: clock.now(),
        expiresAt: new Date(clock.now().getTime() + 60_000),
      }),
    ),
  )
  return token
}

async function sessionOf({ backend: { store } }: Started, { id }: Person) {
  const { sessions } = store.tables
  const [session] = await store.query((q) =>
    q.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, id)).limit(1),
  )
  return session?.id
}

/** Makes a key of somebody's. */
export async function keyOf({ backend }: Started, person: Person, scopes: readonly Scope[]) {
  return backend.apiKeys.create(actorOf(person), { name: 'a key', scopes })
}

/** Links an account to an identity at a provider. @returns its id */
export async function linkIdentity({ backend }: Started, { id: userId }: Person, subject: string) {
  const { identities } = backend.store.tables
  const now = new Date()
  const [row] = await backend.store.query((q) =>
    q
      .insert(identities)
      .values({ userId, provider: 'example', subject, createdAt: now, lastUsedAt: now })
      .returning({ id: identities.id }),
  )
  return row?.id ?? 0
}
