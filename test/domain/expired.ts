import { loadConfig } from '../../src/config/index.ts'
import type { Store } from '../../src/db/store.ts'

export const HOUR = 3600
export const DAY = 24 * HOUR
export const { auditRetentionDays, eventsRetentionHours } = loadConfig({ NODE_ENV: 'test' })

export type At = (seconds: number) => Date

/** In every table a row that has just expired and one that has an hour left, and a key that signs on. */
export async function fill({ store }: { store: Store }, at: At) {
  const { users, sessions, refreshTokens, tokenBlacklist, signingKeys } = store.tables
  const { loginFailures, auditEvents, changes, idempotencyKeys, imports } = store.tables
  const { singleUseTokens, familiarOrigins, invitations } = store.tables
  let count = 0
  const insert = (build: Parameters<Store['define']>[1]) =>
    store.write(store.define(`fill_${count++}`, build))
  const rows = [
    { id: 'expired', expiresAt: at(-1) },
    { id: 'alive', expiresAt: at(HOUR) },
  ]
  const earlier = (moment: Date, seconds: number) => new Date(moment.getTime() - seconds * 1000)
  const [now, createdAt, userId, ip] = [at(0), at(-DAY), 1, '192.0.2.1']
  const used = { createdAt, authenticatedAt: createdAt, lastUsedAt: createdAt }
  const sealed = { publicKey: '', privateKey: '', secretId: '', createdAt, activatesAt: createdAt }
  const revoked = { tokenType: 'access' as const, userId, revokedAt: createdAt, reason: 'x' }
  const person = { role: 'user' as const, status: 'active' as const, passwordHash: '' }
  const alice = { username: 'alice', usernameKey: 'alice', passwordSecret: '', ...person }

  await insert((q) => q.insert(users).values({ ...alice, createdAt, updatedAt: createdAt }))
  const open = rows.map((row) => ({ ...row, ...used, userId, rotating: false, ip }))
  await insert((q) => q.insert(sessions).values(open))
  const issued = rows.map(({ id, expiresAt }) => ({
    jti: id,
    sessionId: 'alive',
    createdAt,
    expiresAt,
  }))
  await insert((q) => q.insert(refreshTokens).values(issued))
  const black = rows.map(({ id, expiresAt }) => ({ jti: id, expiresAt, ...revoked }))
  await insert((q) => q.insert(tokenBlacklist).values(black))
  const links = rows.map(({ id, expiresAt }) => {
    return { digest: id, purpose: 'export', userId, createdAt, expiresAt }
  })
  await insert((q) => q.insert(singleUseTokens).values(links))
  const invited = rows.map(({ id, expiresAt }) => {
    return { digest: id, mailed: false, role: 'user' as const, createdAt, expiresAt }
  })
  await insert((q) => q.insert(invitations).values(invited))
  const places = rows.map(({ id, expiresAt }) => {
    return { digest: id, userId, lastSeenAt: earlier(expiresAt, 180 * DAY) }
  })
  await insert((q) => q.insert(familiarOrigins).values(places))
  const request = { userId, fingerprint: '', holder: '' }
  const keys = rows.map(({ id, expiresAt }) => ({ key: id, expiresAt, ...request }))
  await insert((q) => q.insert(idempotencyKeys).values(keys))
  const old = rows.map(({ id, expiresAt }) => ({ kid: id, ...sealed, retiresAt: expiresAt }))
  await insert((q) =>
    q.insert(signingKeys).values([...old, { kid: 'forever', ...sealed, retiresAt: null }]),
  )
  const failed = rows.map(({ id, expiresAt }) => {
    return { key: id, failures: 7, notBefore: now, lastFailureAt: earlier(expiresAt, DAY) }
  })
  await insert((q) => q.insert(loginFailures).values(failed))
  const events = rows.map(({ id, expiresAt }) => {
    const happened = earlier(expiresAt, auditRetentionDays * DAY)
    return { at: happened, action: id, outcome: 'success' as const }
  })
  await insert((q) => q.insert(auditEvents).values(events))
  const files = rows.map(({ id, expiresAt }) => {
    const progress = { resource: 'todos', digest: id, rows: 1, created: 1, rejected: 0 }
    return { userId, ...progress, updatedAt: earlier(expiresAt, 30 * DAY) }
  })
  await insert((q) => q.insert(imports).values(files))
  // Of the log of changes the newest entry stays for ever.
  const happened = [...rows.map(({ expiresAt }) => expiresAt), at(DAY)].map((moment) => {
    const told = { type: 'todo.created', resourceId: 1, userId }
    return { ...told, at: earlier(moment, eventsRetentionHours * HOUR) }
  })
  await insert((q) => q.insert(changes).values(happened))
}
