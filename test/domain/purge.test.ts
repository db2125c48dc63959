import { test, type Test } from 'tap'
import type { Store } from '../../src/db/store.ts'
import { randomIds } from '../../src/base/ids.ts'
import { createLeases } from '../../src/domain/leases.ts'
import { createPurge } from '../../src/domain/purge.ts'
import { freshDatabase, openStore } from '../database.ts'
import { type At, auditRetentionDays, DAY, eventsRetentionHours, fill, HOUR } from './expired.ts'
import { movableClock } from '../helper.ts'

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
          if (statement.name.startsWith('purge_')) await hook.step?.()
          const rows = await store.write(statement, values)
          if (Array.isArray(rows)) steps.push({ name: statement.name, rows: rows.length })
          return rows
        },
      }
      const deps = {
        store: watched,
        clock,
        leases: createLeases({ store: watched, clock, ids: randomIds }),
        auditRetention: auditRetentionDays,
        eventsRetention: eventsRetentionHours,
      }
      return { store, steps, hook, purge: createPurge(deps) }
    }),
  )
  const [node] = opened
  if (!node) throw new Error('no node')
  const at = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  return { clock, opened, node, at }
}
await test('S43 a purge removes what has expired, and nothing else', async (t) => {
  const { node, at, clock } = await nodes(t)
  await fill(node, at)
  t.strictSame(await node.purge(), {
    token_blacklist: 1,
    refresh_tokens: 1,
    idempotency_keys: 1,
    single_use_tokens: 1,
    invitations: 1,
    familiar_origins: 1,
    sessions: 1,
    signing_keys: 1,
    login_failures: 1,
    imports: 1,
    audit_events: 1,
    changes: 1,
  })
  const { tables, query } = node.store
  const left = {
    sessions: (await query((q) => q.select().from(tables.sessions))).map(({ id }) => id),
    tokens: (await query((q) => q.select().from(tables.refreshTokens))).map(({ jti }) => jti),
    blacklist: (await query((q) => q.select().from(tables.tokenBlacklist))).map(({ jti }) => jti),
    keys: (await query((q) => q.select().from(tables.signingKeys))).map(({ kid }) => kid),
    failures: (await query((q) => q.select().from(tables.loginFailures))).map(({ key }) => key),
    events: (await query((q) => q.select().from(tables.auditEvents))).map(({ action }) => action),
    imports: (await query((q) => q.select().from(tables.imports))).map(({ digest }) => digest),
    changes: (await query((q) => q.select().from(tables.changes))).map(({ id }) => String(id)),
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
    imports: ['alive'],
    changes: ['2', '3'],
    users: ['alice'],
  })
  const removed = async () => Object.values((await node.purge()) ?? {})
  t.ok(
    (await removed()).every((rows) => rows === 0),
    'again, nothing',
  )
  clock.advance(HOUR + 1)
  t.ok(
    (await removed()).every((rows) => rows === 1),
    'an hour later, the rest',
  )
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

await test('of the log of changes the oldest go in one piece, and the newest stays', async (t) => {
  const { node, at } = await nodes(t)
  const { changes } = node.store.tables
  const old = at(-(eventsRetentionHours + 1) * HOUR)
  const moments = Array.from({ length: 1300 }, () => old)
  // The clock of another node was ahead: behind it nothing may go, or a gap would be inside the log.
  moments[1200] = at(0)
  const values = moments.map((moment) => ({
    type: 'todo.created',
    resourceId: 1,
    userId: 1,
    at: moment,
  }))
  const write = (name: string, rows: typeof values) =>
    node.store.write(node.store.define(name, (q) => q.insert(changes).values(rows)))
  await write('test_changes', values)
  const left = async () =>
    (await node.store.query((q) => q.select().from(changes))).map(({ id }) => id)
  const ids = await left()
  t.match(await node.purge(), { changes: 1200 })
  const steps = node.steps.filter(({ name }) => name === 'purge_changes')
  t.strictSame(
    steps.map(({ rows }) => rows),
    [500, 500, 200],
  )
  t.strictSame((await left()).length, 100)

  await node.store.write(node.store.define('test_age', (q) => q.update(changes).set({ at: old })))
  t.match(await node.purge(), { changes: 99 })
  t.strictSame(await left(), [Math.max(...ids)])
  t.match(await node.purge(), { changes: 0 })
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
