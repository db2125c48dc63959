import type { Database } from 'better-sqlite3'
import { liteCore, loadSqlite } from '../drizzle.ts'
import type { Queries } from '../store.ts'

const { BetterSQLite3Database, BetterSQLiteSession } = loadSqlite()

/**
 * drizzle over a connection to SQLite. SQLite plans a prepared statement anew each time it is given a parameter that could change the
 * plan, above all one that is a LIMIT: for a short list that takes as long as to run it. `+?` has the same value, and is none of those.
 */
export function queriesOver(sqlite: Database): Queries {
  const dialect = Object.assign(new liteCore.SQLiteSyncDialect(), { escapeParam: () => '+?' })
  const session = new BetterSQLiteSession(sqlite, dialect, undefined)
  // The cast: SQLite runs the queries that are typed as PostgreSQL's. `test/db/` runs every one of them on both.
  return new BetterSQLite3Database('sync', dialect, session, undefined) as unknown as Queries
}
