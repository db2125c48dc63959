import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test, type Test } from 'tap'
import { getTableColumns, getTableName } from '../../src/db/drizzle.ts'
import { watch } from '../api/v2/event-stream.ts'
import { bareDatabase, connectPostgres } from '../db/bare.ts'
import { engine, freshDatabase, openStore } from '../database.ts'
import { start } from '../helper.ts'
import { here, inside, refused, register } from './command.ts'
import { emptyDatabase } from './empty-database.ts'
import { rewindable } from './rewind.ts'

const LEAP = 5_000_000

const begin = async (t: Test, url: string, ...more: string[]) => {
  const { stdout, stderr, code } = await here(['timeline', 'new', ...more], { url })
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, /^Timeline [0-9a-f]{8} has begun: [^\n]+\n$/)
  return stdout.slice(9, 17)
}
const shown = async (url: string) =>
  JSON.parse((await here(['timeline', 'show', '--json'], { url })).stdout)

await test('S89 a new timeline gives every table that numbers its rows higher ids', async (t) => {
  const { url, query } = await emptyDatabase(t)
  await here(['migrate'], { url })
  const { tables } = await openStoreOnce(url)
  const names = Object.values(tables).flatMap((table): string[] => {
    const id = getTableColumns(table)['id' as never] as { getSQLType(): string } | undefined
    return /^(integer|bigint)/.test(id?.getSQLType() ?? '') ? [getTableName(table)] : []
  })
  t.ok(names.length >= 10)
  for (const name of ['users', 'posts', 'todos', 'books', 'api_keys', 'identities', 'audit_events'])
    t.ok(names.includes(name), name)
  await register(url, 'alice')
  for (const times of [1, 2]) {
    await begin(t, url)
    for (const name of names) {
      const [row] = await query(
        engine === 'sqlite'
          ? `SELECT seq AS height FROM sqlite_sequence WHERE name = '${name}'`
          : `SELECT last_value AS height FROM ${name}_id_seq`,
      )
      const leap = ['changes', 'mails'].includes(name) ? 10_000_000_000 : LEAP
      const over = Number(row?.['height']) - times * leap
      t.ok(over >= 0 && over < 10, `${name} ${over}`)
    }
  }
  await register(url, 'bob')
  const accounts = await inside(url, (backend) => backend.accounts.list({ limit: 9, offset: 0 }))
  t.strictSame(
    accounts.items.map(({ id }) => id),
    [1, 2 * LEAP + 4],
  )
})

await test('the timeline is shown, and each one has another name', async (t) => {
  const url = await freshDatabase(t)
  const first = await shown(url)
  t.match(first, { id: /^[0-9a-f]{8}$/, started_at: null, events_above: 0 })
  const id = await begin(t, url, '--leap', '7')
  t.not(id, first.id)
  const present = await shown(url)
  t.match(present, { id, started_at: /^20.*Z$/ })
  t.ok(present.events_above > 10_000_000_000)
  t.match((await here(['timeline'], { url })).stdout, new RegExp(`^ID .*\\n${id} `))
  await register(url, 'alice')
  const { items } = await inside(url, ({ accounts }) => accounts.list({ limit: 9, offset: 0 }))
  t.ok(Number(items[0]?.id) > 7)
  t.ok(Number(items[0]?.id) < 12)
})

await test('S89 no timeline begins while anybody has the database open', async (t) => {
  const url = await freshDatabase(t)
  const before = await shown(url)
  await t.test('a server', async (inner) => {
    const node = await start(inner, { databaseUrl: url })
    const alice = await node.as('alice')
    refused(inner, await here(['timeline', 'new'], { url }), /in use by another process: stop /)
    const tag = String((await alice.get('/api/v2/me')).headers['etag'])
    const known = { headers: { 'if-none-match': tag } }
    inner.equal((await alice.get('/api/v2/me', known)).status, 304, 'it did not notice')
    await (await watch(inner, node, alice.accessToken)).block()
    refused(inner, await here(['timeline', 'new'], { url }), /in use by another process: stop /)
  })
  t.strictSame(await shown(url), before)
  await begin(t, url)
})

await test('S89 ids that would end are refused by name, and the timeline is the same', async (t) => {
  const { url, query } = await emptyDatabase(t)
  await here(['migrate'], { url })
  await register(url, 'alice')
  const before = await shown(url)
  await query(
    engine === 'sqlite'
      ? "UPDATE sqlite_sequence SET seq = 2147000000 WHERE name = 'users'"
      : "SELECT setval('users_id_seq', 2147000000)",
  )
  const result = await here(['timeline', 'new'], { url })
  refused(t, result, /The ids of users are at 2147000000, and would end: give a smaller --leap/)
  t.strictSame(await shown(url), before)
  await begin(t, url, '--leap', '1000')
})

await test('there must be a database of this version', async (t) => {
  const cwd = t.testdir({ 'empty.db': '' })
  for (const name of ['absent.db', 'empty.db']) {
    const url = `sqlite:${join(cwd, name)}`
    refused(t, await here(['timeline', 'new'], { url }), /There is no database at/)
  }
  t.notOk(existsSync(join(cwd, 'absent.db')))
  const url = 'sqlite::memory:'
  refused(t, await here(['timeline', 'new'], { url }), /a database in memory/)
  if (engine === 'sqlite') return
  const bare = { url: await bareDatabase(t) }
  refused(
    t,
    await here(['timeline', 'new'], bare),
    /The database lacks .*: run commonplace migrate/,
  )
})

const postgresOnly = { skip: engine === 'sqlite' && 'a SQLite file that is open keeps it out' }

await test(
  'S89 a node that had no connection meanwhile is in the new one',
  postgresOnly,
  async (t) => {
    const url = await freshDatabase(t)
    const node = await start(t, { databaseUrl: url })
    const alice = await node.as('alice')
    const old = String((await alice.get('/api/v2/me')).headers['etag'])
    const admin = await connectPostgres(url)
    t.teardown(() => admin.end())
    await admin.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    const id = await begin(t, url)
    const known = { headers: { 'if-none-match': old } }
    // The first may still be given a connection that is gone.
    const replies = [await alice.get('/api/v2/me', known), await alice.get('/api/v2/me', known)]
    const reply = replies.find(({ status }) => status !== 503)
    t.match(reply, { status: 200, headers: { etag: new RegExp(`-${id}"$`) } })
  },
)

await test('S89 a sequence that lags behind its rows is made good', postgresOnly, async (t) => {
  const { url, query } = await emptyDatabase(t)
  await here(['migrate'], { url })
  await register(url, 'alice', 'bob', 'carol')
  await query("SELECT setval('users_id_seq', 1)")
  await begin(t, url, '--leap', '1')
  await register(url, 'dave')
  const [row] = await query('SELECT max(id) AS newest FROM users')
  t.equal(row?.['newest'], 6)
})

const run = promisify(execFile)
const hasTools = ['pg_dump', 'pg_restore'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
)
await test(
  'S89 the drill of PostgreSQL: pg_dump, lose, pg_restore, timeline new',
  { skip: engine === 'sqlite' ? 'it is about its tools' : !hasTools && 'they are not installed' },
  async (t) => {
    const { url } = await rewindable(t)
    const dump = join(t.testdir({}), 'monday.dump')
    await register(url, 'alice')
    await run('pg_dump', ['--format=custom', `--file=${dump}`, url])
    await register(url, 'lost', 'gone')
    const before = await shown(url)
    await run('pg_restore', ['--clean', '--if-exists', '--exit-on-error', '-d', url, dump])
    t.strictSame(await shown(url), before, 'it is what it was, and this is what is wrong with it')
    await begin(t, url)
    await register(url, 'dave')
    const { items } = await inside(url, ({ accounts }) => accounts.list({ limit: 9, offset: 0 }))
    t.strictSame(
      items.map(({ username }) => username),
      ['alice', 'dave'],
    )
    t.ok(Number(items[1]?.id) > LEAP)
    t.not((await shown(url)).id, before.id)
  },
)

async function openStoreOnce(url: string) {
  const store = await openStore(url)
  await store.close()
  return store
}
