import { test } from 'tap'
import { type Change, createChanges } from '../../src/domain/changes.ts'
import { engine, freshDatabase, openStore } from '../database.ts'
import { connectPostgres } from '../db/bare.ts'
import { movableClock } from '../helper.ts'

const postgresOnly = { skip: engine === 'sqlite' && 'it has one writer' }
const change: Change = { type: 'todo.created', resourceId: 1, userId: 1 }

await test('what happened is in the log in its order, however much it is', async (t) => {
  const store = await openStore(await freshDatabase(t))
  t.teardown(() => store.close())
  const { record } = createChanges({ store, clock: movableClock() })
  const many = Array.from({ length: 1203 }, (_, i) => ({ ...change, resourceId: i + 1 }))
  await store.transaction((tx) => record(tx, many))
  await store.transaction((tx) => record(tx, []))
  const { changes } = store.tables
  const rows = await store.query((q) => q.select().from(changes).orderBy(changes.id))
  t.strictSame(
    rows.map(({ resourceId }) => resourceId),
    many.map(({ resourceId }) => resourceId),
  )
})

await test('who commits later has the higher id', postgresOnly, async (t) => {
  const url = await freshDatabase(t)
  const store = await openStore(url)
  t.teardown(() => store.close())
  const { record } = createChanges({ store, clock: movableClock() })
  const [first, watcher] = [await connectPostgres(url), await connectPostgres(url)]
  t.teardown(() => Promise.all([first.end(), watcher.end()]))
  // Another node, in the middle of its transaction: it has written, and not committed.
  await first.query(`BEGIN; SELECT pg_advisory_xact_lock(x'6368616e'::bigint)`)
  const second = store.transaction((tx) => record(tx, [change]))
  const isWaiting = async () =>
    (
      await watcher.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
      )
    ).rowCount === 1
  while (!(await isWaiting()));
  await first.query(
    `INSERT INTO changes (type, resource_id, user_id, at) VALUES ('todo.created', 7, 1, now())`,
  )
  await first.query('COMMIT')
  await second
  const { changes } = store.tables
  const rows = await store.query((q) => q.select().from(changes).orderBy(changes.id))
  t.strictSame(
    rows.map(({ resourceId }) => resourceId),
    [7, 1],
  )
})
