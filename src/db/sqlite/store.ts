import Database from 'better-sqlite3'
import { Overloaded, StorageFull } from '../../base/errors.ts'
import { groupCommit, isBusy } from './group-commit.ts'
import { groupReads } from './group-reads.ts'
import { liteKit } from '../schema/column-kit.ts'
import { queriesOver } from './queries.ts'
import { longTransactions } from './long-transaction.ts'
import { createLane } from './lane.ts'
import { appliedSqlite, migrations, pendingOf } from '../migrate.ts'
import {
  allOrNothing,
  type Build,
  type Prepared,
  type Statement,
  type Step,
  type Steps,
  type Store,
  type Tx,
  type Values,
} from '../store.ts'
import { type OwnedTables, tables } from '../schema/tables.ts'
import { readSqlite, redraw, type Timeline } from '../timeline.ts'

export interface SqliteOptions {
  /** The most units that one commit may hold; 1 commits each write alone (what the benchmark compares with). */
  groupUnits?: number
}

/**
 * Opens a database that is migrated already: a file, or the bytes of one to keep in memory.
 * @throws Error when SQLite would not sync every commit to disk.
 */
export function openSqlite(
  file: string | Buffer,
  owned: OwnedTables,
  { groupUnits = 256 }: SqliteOptions = {},
): Store {
  const sqlite = new Database(file)
  configure(sqlite)
  if (typeof file !== 'string') redraw(sqlite)
  showTerms(sqlite)
  const queries = queriesOver(sqlite)
  const taken = new Set<string>()
  const own = new WeakSet<object>()
  /** Each since its first use: of what a backend declares, most of it is never used. What is forgotten lives on for whoever is about to read with it; SQLite frees it with the statement. */
  const prepared = new WeakMap<object, { query: Prepared; writes: string | undefined }>()
  const watched = new Map<string, Array<() => void>>()

  const touch = (table: string | undefined) => {
    if (table !== undefined) for (const changed of watched.get(table) ?? []) changed()
  }
  const execute = (step: Step): unknown => {
    if ('control' in step) return void sqlite.exec(step.control)
    if ('build' in step) {
      const query = step.build(queries)
      touch(writtenTable(query.toSQL().sql))
      return now(query.prepare('').execute())
    }
    const { query, writes } = declared(step.statement)
    touch(writes)
    return now(query.execute(step.values))
  }
  const declared = (statement: Statement<unknown>) => {
    let found = prepared.get(statement)
    if (!found) {
      if (!own.has(statement))
        throw new Error(`statement ${statement.name} belongs to another store`)
      const query = statement.build(queries)
      found = { query: query.prepare(statement.name), writes: writtenTable(query.toSQL().sql) }
      prepared.set(statement, found)
    }
    return found
  }
  let timeline: Timeline | undefined
  const lane = createLane()
  const reads = groupReads(sqlite)
  const commit = groupCommit(sqlite, explain, { units: groupUnits, before: reads.end })
  const long =
    typeof file === 'string'
      ? longTransactions({
          file,
          configure,
          writes: commit,
          tableOf: writtenTable,
          touch(table) {
            reads.end()
            touch(table)
          },
        })
      : undefined
  const readNow = (step: Step): unknown => {
    try {
      reads.join()
      return execute(step)
    } catch (error) {
      throw explain(error)
    }
  }

  const transaction = <T>(body: (tx: Tx) => Steps<T>) =>
    commit(() => {
      const steps = allOrNothing(body)
      let step = steps.next()
      while (!step.done) {
        let value: unknown
        try {
          value = execute(step.value)
        } catch (error) {
          step = steps.throw(error)
          continue
        }
        step = steps.next(value)
      }
      return step.value
    })

  return {
    engine: 'sqlite',
    tables: tables(liteKit, owned),
    define(name, build) {
      if (taken.has(name)) throw new Error(`statement ${name} is already defined`)
      const statement = { name, build }
      own.add(statement)
      taken.add(name)
      return statement
    },
    forget: ({ name }) => void taken.delete(name),
    // The casts give back the statement's own row type, which steps forget.
    read: async <T>(statement: Statement<T>, values?: Values) =>
      readNow(values ? { statement, values } : { statement }) as T,
    step: <T>(statement: Statement<T>, values: Values = {}) =>
      lane(() => readNow({ statement, values }) as T),
    query: async <T>(build: Build<T>) => readNow({ build }) as T,
    write: <T>(statement: Statement<T>, values?: Values) =>
      commit(() => execute(values ? { statement, values } : { statement }) as T),
    transaction,
    longTransaction: (body) =>
      // What is in memory has one connection, and is small.
      long
        ? long.run(body).catch((error: unknown) => {
            throw explain(error)
          })
        : transaction(body),
    watch(...names) {
      const version = sqlite.prepare('PRAGMA data_version').pluck()
      let others = version.get()
      let stamp = 0
      for (const name of names)
        watched.set(name, [...(watched.get(name) ?? []), () => void (stamp += 1)])
      return {
        stamp() {
          reads.join()
          const current = version.get()
          if (current !== others) {
            others = current
            stamp += 1
          }
          return stamp
        },
      }
    },
    timeline: () => (timeline ??= readSqlite(sqlite)),
    shareReads: reads.share,
    signal(sources, wake) {
      let isDue = false
      // A group commits before anything else runs.
      const written = () => {
        if (isDue) return
        isDue = true
        setImmediate(() => {
          isDue = false
          wake()
        })
      }
      for (const name of sources) watched.set(name, [...(watched.get(name) ?? []), written])
      return {
        hears: () => false,
        async close() {
          for (const name of sources)
            watched.set(name, watched.get(name)?.filter((one) => one !== written) ?? [])
        },
      }
    },
    async ping() {
      sqlite.prepare('SELECT 1').get()
    },
    pending: async () =>
      pendingOf(migrations('sqlite'), appliedSqlite(sqlite)).map(({ name }) => name),
    async close() {
      await long?.idle()
      // Behind everything that is queued. It writes nothing, so a lock that another process holds loses nothing.
      await commit(() => undefined).catch(() => undefined)
      try {
        checkpoint(sqlite)
      } finally {
        sqlite.close()
      }
    },
  }
}

/** Every connection to a database of ours is set up by this one function. */
export function configure(sqlite: Database.Database) {
  sqlite.pragma('journal_mode = WAL')
  // better-sqlite3 is built to drop to NORMAL in WAL mode at the first write, whatever the pragma says before it.
  sqlite.pragma('synchronous = FULL')
  sqlite.exec('BEGIN IMMEDIATE; COMMIT')
  if (sqlite.pragma('synchronous', { simple: true }) !== 2)
    throw new Error('SQLite does not sync every commit')
  sqlite.pragma('foreign_keys = ON')
  // The wait blocks the event loop: short, and the group commit tries again between pauses.
  sqlite.pragma('busy_timeout = 50')
  sqlite.pragma('cache_size = -16000')
}

/** The terms of each full-text index in their order, as a table of this connection: `posts_search` as `posts_search_terms`. */
export function showTerms(sqlite: Database.Database) {
  const indexes = sqlite.prepare<[], string>(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '% USING fts5(%'`,
  )
  for (const name of indexes.pluck().all())
    sqlite.exec(
      `CREATE VIRTUAL TABLE temp.${name}_terms USING fts5vocab('main', '${name}', 'instance')`,
    )
}

/** Leaves one file where it can. On a full disk the log stays beside it, and the next start reads it. */
function checkpoint(sqlite: Database.Database) {
  try {
    sqlite.pragma('wal_checkpoint(TRUNCATE)')
    /* c8 ignore next 3 -- test/crash/disk-full.test.ts comes here, in a process that leaves no figures behind */
  } catch (error) {
    if (!(explain(error) instanceof StorageFull)) throw error
  }
}

/** better-sqlite3 answers at once; drizzle wraps the answer in a promise that also has `sync()`. */
const now = (result: PromiseLike<unknown>): unknown =>
  (result as unknown as { sync(): unknown }).sync()

const writtenTable = (text: string) => /^(?:insert into|update|delete from) "(\w+)"/.exec(text)?.[1]

/** What a fault of SQLite means to a caller; what is not theirs to know stays as it is. */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return error
  // It opens files while it works, and without a handle it cannot.
  if (isBusy(error) || error.code.startsWith('SQLITE_CANTOPEN'))
    return new Overloaded(1, { cause: error })
  if (/^SQLITE_(FULL|IOERR|READONLY)/.test(error.code)) return new StorageFull({ cause: error })
  return error
}
