import { test, type Test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { openStore } from '../../src/db/open.ts'
import type { Store } from '../../src/db/store.ts'
import { randomIds } from '../../src/domain/ids.ts'
import { createPurge } from '../../src/domain/purge.ts'
import { freshDatabase } from '../database.ts'
import { movableClock } from '../helper.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const { auditRetentionDays } = loadConfig({ NODE_ENV: 'test' })

/** Nodes over one database, with a record of how many rows each step removed. */
async function nodes(t: Test, count = 1) {
  const url = await freshDatabase(t)
  const clock = movableClock()
  const opened = await Promise.all(
    Array.from({ length: count }, async () => {
      const store = await openStore(url)
      t.teardown(() => store.close())
      const steps: Array<{ name: string; rows: number }> = []
      const hook: { step?: () => Promise<void> } = {}
      const watched: Store = {
        ...store,
        async write(statement, values) {
          if (/^purge_(?!lease|release)/.test(statement.name)) await hook.step?.()
          const rows = await store.write(statement, values)
          if (Array.isArray(rows)) steps.push({ name: statement.name, rows: rows.length })
          return rows
        },
      }
      const deps = { store: watched, clock, ids: randomIds, auditRetention: auditRetentionDays }
      return { store, steps, hook, purge: createPurge(deps) }
    }),
  )
  const [node] = opened
  if (!node) throw new Error('no node')
  const at = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  return { clock, opened, node, at }
}
type At = (seconds: number) => Date

/** In every table a row that has just expired and one that has an hour left, and a key that signs on. */
async function fill({ store }: { store: Store }, at: At) {
  const { users, sessions, refreshTokens, tokenBlacklist, signingKeys } = store.tables
  const { loginFailures, auditEvents } = store.tables
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
}

await test('S43 a purge removes what has expired, and nothing else', async (t) => {
  const { node, at, clock } = await nodes(t)
  await fill(node, at)
  t.strictSame(await node.purge(), {
    token_blacklist: 1,
    refresh_tokens: 1,
    sessions: 1,
    signing_keys: 1,
    login_failures: 1,
    audit_events: 1,
  })
  const { tables, query } = node.store
  const left = {
    sessions: (await query((q) => q.select().from(tables.sessions))).map(({ id }) => id),
    tokens: (await query((q) => q.select().from(tables.refreshTokens))).map(({ jti }) => jti),
    blacklist: (await query((q) => q.select().from(tables.tokenBlacklist))).map(({ jti }) => jti),
    keys: (await query((q) => q.select().from(tables.signingKeys))).map(({ kid }) => kid),
    failures: (await query((q) => q.select().from(tables.loginFailures))).map(({ key }) => key),
    events: (await query((q) => q.select().from(tables.auditEvents))).map(({ action }) => action),
    users: (await query((q) => q.select().from(tables.users))).map(({ username }) => username),
  }
  for (const rows of Object.values(left)) rows.sort()
  t.strictSame(left, {
    sessions: ['alive'],
    tokens: ['alive'],
    blacklist: ['alive'],
    keys: ['alive', 'forever'],
    failures: ['alive'],
    events: ['alive'],
    users: ['alice'],
  })
  const removed = async () => Object.values((await node.purge()) ?? {})
  t.strictSame(await removed(), [0, 0, 0, 0, 0, 0], 'again, nothing')
  clock.advance(HOUR + 1)
  t.strictSame(await removed(), [1, 1, 1, 1, 1, 1], 'an hour later, the rest')
})

/** So many expired rows. */
async function expire({ store }: { store: Store }, at: At, rows: number) {
  const { loginFailures } = store.tables
  const values = Array.from({ length: rows }, (_, i) => ({
    key: `key-${i}`,
    failures: 1,
    notBefore: at(-2 * DAY),
    lastFailureAt: at(-2 * DAY),
  }))
  await store.write(store.define('expire', (q) => q.insert(loginFailures).values(values)))
}

await test('S43 rows go in steps of at most 500', async (t) => {
  const { node, at } = await nodes(t)
  await expire(node, at, 1201)
  t.match(await node.purge(), { login_failures: 1201 })
  const steps = node.steps.filter(({ name }) => name === 'purge_login_failures')
  t.strictSame(
    steps.map(({ rows }) => rows),
    [500, 500, 201],
  )
})

await test('S43 of two nodes that purge at once one does it', async (t) => {
  const { opened, at } = await nodes(t, 2)
  const [one, other] = opened
  if (!one || !other) return
  await expire(one, at, 1200)
  // Each time one is about to remove something, the other tries too.
  const tries: unknown[] = []
  one.hook.step = async () => void tries.push(await other.purge())
  t.match(await one.purge(), { login_failures: 1200 })
  t.ok(tries.length >= 3)
  t.ok(tries.every((purged) => purged === undefined))
  t.match(await other.purge(), { login_failures: 0 }, 'the lease is free again')
  t.match(await one.purge(), { login_failures: 0 })
})

await test('S43 a node that dies at it or stalls loses the lease after ten minutes', async (t) => {
  const { clock, opened, at } = await nodes(t, 2)
  const [one, other] = opened
  if (!one || !other) return
  await expire(one, at, 1200)
  one.hook.step = () => Promise.reject(new Error('gone'))
  await t.rejects(one.purge(), { message: 'gone' })
  t.equal(await other.purge(), undefined)
  clock.advance(599)
  t.equal(await other.purge(), undefined)

  // It stalls in the middle of a step, its lease runs out, and another takes it: then it stops.
  let steps = 0
  one.hook.step = async () => {
    steps += 1
    clock.advance(601)
    const { leases } = other.store.tables
    const steal = other.store.define('test_steal', (q) =>
      q.update(leases).set({ holder: 'another', until: at(600) }),
    )
    await other.store.write(steal)
  }
  t.equal(await one.purge(), undefined)
  t.equal(steps, 1)
  t.equal(await other.purge(), undefined, 'what another holds is left to it')
})
