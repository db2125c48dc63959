import { sql } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { DatabaseTooNew, migrations, pendingOf } from '../../src/db/migrate.ts'
import { migrate, sqliteFile } from '../../src/db/open.ts'
import { loadConfig } from '../../src/config/index.ts'
import { openBackend } from '../../src/open-backend.ts'
import { engine, openStore } from '../database.ts'
import { alter, bareDatabase } from './bare.ts'
import { openLeases } from './leases.ts'
import { addUser } from './users.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'a server has its own files' }
const known = migrations(engine).map(({ name }) => name)

await test('a new database gets every migration, once', async (t) => {
  const url = await bareDatabase(t)
  t.ok(known.length > 0)
  t.strictSame(await migrate(url), known)
  const { store } = await openLeases(t, url)
  await addUser(store)({ username: 'alice' })
  t.strictSame(await migrate(url), [], 'the second time there is nothing to do')
  t.strictSame(await store.pending(), [])
  t.match(await store.query((q) => q.select().from(store.tables.users)), [{ username: 'alice' }])
})

await test('the folder of a SQLite file is made', sqliteOnly, async (t) => {
  const url = `sqlite:${t.testdir({})}/some/where/commonplace.db`
  t.strictSame(await migrate(url), known)
})

await test('several deployments that migrate at once apply each migration once', async (t) => {
  const url = await bareDatabase(t)
  const applied = await Promise.all([migrate(url), migrate(url), migrate(url)])
  t.strictSame(applied.flat(), known)
  const { store } = await openLeases(t, url)
  const rows = await store.query((q) =>
    q.select({ name: sql<string>`name` }).from(sql`schema_migrations`),
  )
  t.strictSame(
    rows.map(({ name }) => name),
    known,
  )
})

await test('what is pending is named, and opening PostgreSQL applies none of it', async (t) => {
  const url = await bareDatabase(t)
  const store = await openStore(url)
  t.teardown(() => store.close())
  // A SQLite file has one server, which brings it up to date itself.
  t.strictSame(await store.pending(), engine === 'postgres' ? known : [])
  if (engine === 'sqlite') return
  await t.rejects(store.query((q) => q.select().from(store.tables.users)))
  await migrate(url)
  t.strictSame(await store.pending(), [])
})

await test('a server with migrations pending starts, is not ready, and becomes ready', async (t) => {
  const url = await bareDatabase(t)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url })
  const { backend, close } = await openBackend(config)
  t.teardown(close)
  t.equal(backend.ready, engine === 'sqlite')
  t.strictSame(await backend.prepare(), engine === 'postgres' ? known : [])
  await migrate(url)
  t.strictSame(await backend.prepare(), [])
  t.equal(backend.ready, true)
})

await test('a database newer than the program is refused, and left as it is', async (t) => {
  const url = await bareDatabase(t)
  await migrate(url)
  await alter(url, `INSERT INTO schema_migrations (name) VALUES ('9999_from_the_future')`)
  const refused = { message: /9999_from_the_future.*this version does not know/ }
  await t.rejects(migrate(url), refused)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url })
  await t.rejects(openBackend(config), refused, 'a server does not start on it')
  if (sqliteFile(url) === undefined) {
    const store = await openStore(url)
    t.teardown(() => store.close())
    await t.rejects(store.pending(), refused)
  }
  await alter(url, `DELETE FROM schema_migrations WHERE name = '9999_from_the_future'`)
  t.strictSame(await migrate(url), [])
})

await test('what is pending keeps its order, whatever was applied', (t) => {
  const all = ['a', 'b', 'c'].map((name) => ({ name, statements: [] }))
  const names = (applied: string[]) => pendingOf(all, applied).map(({ name }) => name)
  t.strictSame(names([]), ['a', 'b', 'c'])
  t.strictSame(names(['a']), ['b', 'c'])
  t.strictSame(names(['b', 'a', 'c']), [])
  t.throws(() => names(['a', 'd']), new DatabaseTooNew('d'))
  t.end()
})
