import { sql } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { configure } from '../../src/db/sqlite/store.ts'
import { engine } from '../database.ts'
import { openLeases } from './leases.ts'
import { connect, openNotes } from './raw.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'PostgreSQL syncs by its own configuration' }

await test(
  'S74 every commit is synced to disk: synchronous is FULL after a write',
  sqliteOnly,
  async (t) => {
    const { store, put } = await openLeases(t)
    const pragma = (name: string) =>
      store.query((q) =>
        q.select({ value: sql<unknown>`${sql.raw(name)}` }).from(sql.raw(`pragma_${name}`)),
      )
    await put('a')
    t.strictSame(await pragma('synchronous'), [{ value: 2 }])
    t.strictSame(await pragma('journal_mode'), [{ value: 'wal' }])
    t.strictSame(await pragma('foreign_keys'), [{ value: 1 }])
    const [busy] = await store.query((q) =>
      q.select({ value: sql<number>`timeout` }).from(sql.raw('pragma_busy_timeout')),
    )
    t.ok(busy && busy.value <= 250, 'and the event loop never waits long for a lock')
  },
)

await test(
  'S74 without being told, better-sqlite3 drops to NORMAL at the first write',
  sqliteOnly,
  (t) => {
    const dir = t.testdir({})
    const level = (file: string, prepare: (sqlite: ReturnType<typeof connect>) => void) => {
      const sqlite = connect(t, `${dir}/${file}`)
      prepare(sqlite)
      sqlite.exec('CREATE TABLE notes (text)')
      return sqlite.pragma('synchronous', { simple: true })
    }
    t.equal(
      level('wal.db', (sqlite) => sqlite.pragma('journal_mode = WAL')),
      1,
    )
    t.equal(level('ours.db', configure), 2)
    t.end()
  },
)

await test(
  'S75 a full disk is 507: earlier rows are intact, reads go on, writes work when there is room',
  sqliteOnly,
  async (t) => {
    const { sqlite, commit, add, kept } = openNotes(t)
    const full = { code: 'STORAGE_FULL', statusCode: 507, message: /no room/ }
    await commit(() => add('earlier'))
    const pages = Number(sqlite.pragma('page_count', { simple: true }))
    sqlite.pragma(`max_page_count = ${pages + 2}`)

    const outcomes = await Promise.allSettled([
      commit(() => add('small')),
      commit(() => add('x'.repeat(100_000))),
      commit(() => add('behind it')),
    ])
    t.match(outcomes[1], { status: 'rejected', reason: full })
    const acknowledged = ['small', '', 'behind it'].filter(
      (_, i) => outcomes[i]?.status === 'fulfilled',
    )
    t.strictSame(
      kept(),
      ['earlier', ...acknowledged].toSorted(),
      'what is there is what was acknowledged',
    )
    t.equal(sqlite.inTransaction, false)
    await t.rejects(
      commit(() => add('y'.repeat(100_000))),
      full,
      'it stays full',
    )
    t.equal(sqlite.prepare('SELECT count(*) FROM notes').pluck().get(), kept().length)

    sqlite.pragma(`max_page_count = ${pages + 1000}`)
    await commit(() => add('z'.repeat(100_000)))
    t.equal(kept().length, acknowledged.length + 2)
    t.equal(sqlite.pragma('integrity_check', { simple: true }), 'ok')
  },
)

await test(
  'S75 what a full disk undoes with its group is not acknowledged',
  sqliteOnly,
  async (t) => {
    const { sqlite, commit, add, kept } = openNotes(t)
    const pages = Number(sqlite.pragma('page_count', { simple: true }))
    sqlite.pragma(`max_page_count = ${pages + 2}`)
    const neighbour = commit(() => add('neighbour'))
    const work = commit(() => add('x'.repeat(100_000)))
    await t.rejects(work, { code: 'STORAGE_FULL' })
    await t.rejects(neighbour, { code: 'STORAGE_FULL' }, 'SQLite rolled the whole group back')
    t.strictSame(kept(), [])
  },
)

await test(
  'S75 a database that has become read-only is 507, not a fault of the driver',
  sqliteOnly,
  async (t) => {
    const { sqlite, commit, add, kept } = openNotes(t)
    await commit(() => add('earlier'))
    sqlite.pragma('query_only = ON')
    await t.rejects(
      commit(() => add('a')),
      { code: 'STORAGE_FULL', statusCode: 507 },
    )
    t.strictSame(kept(), ['earlier'])
    sqlite.pragma('query_only = OFF')
    await commit(() => add('later'))
    t.strictSame(kept(), ['earlier', 'later'])
  },
)
