import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { ClientBase } from 'pg'

type Engine = 'sqlite' | 'postgres'
export interface Migration {
  name: string
  statements: string[]
}

/** The database was written by a newer version of this program, which alone knows what it means. */
export class DatabaseTooNew extends Error {
  constructor(name: string) {
    super(
      `The database has had a migration (${name}) that this version does not know. Run the version that made it, or restore a backup.`,
    )
  }
}

const folder = (engine: Engine) => new URL(`../../migrations/${engine}/`, import.meta.url)

/** The migrations of this program, oldest first, as drizzle-kit wrote them. */
export function migrations(engine: Engine): Migration[] {
  const journal: { entries: Array<{ tag: string }> } = JSON.parse(
    readFileSync(new URL('meta/_journal.json', folder(engine)), 'utf8'),
  )
  return journal.entries.map(({ tag }) => ({
    name: tag,
    statements: readFileSync(new URL(`${tag}.sql`, folder(engine)), 'utf8').split(
      '--> statement-breakpoint',
    ),
  }))
}

const TABLE = 'schema_migrations'
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (name text PRIMARY KEY NOT NULL)`

/**
 * Those still to be applied.
 * @throws DatabaseTooNew when the database has had one that is not known here.
 */
export function pendingOf(known: Migration[], applied: string[]): Migration[] {
  const unknown = applied.find((name) => !known.some((migration) => migration.name === name))
  if (unknown !== undefined) throw new DatabaseTooNew(unknown)
  return known.filter(({ name }) => !applied.includes(name))
}

export function appliedSqlite(sqlite: Database.Database): string[] {
  const exists = sqlite.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(TABLE)
  if (!exists) return []
  return sqlite.prepare<[], string>(`SELECT name FROM ${TABLE}`).pluck().all()
}

export async function appliedPostgres(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query(`SELECT to_regclass($1) AS found`, [TABLE])
  if (rows[0].found === null) return []
  const applied = await client.query<{ name: string }>(`SELECT name FROM ${TABLE}`)
  return applied.rows.map(({ name }) => name)
}

/**
 * Brings a SQLite file up to date, on a connection of its own: foreign keys must be off before BEGIN, because a rebuilt
 * parent table would delete all its children by cascade, and the pragma does nothing inside a transaction.
 * @returns the names that were applied.
 * @throws DatabaseTooNew; Error when a migration leaves dangling references (nothing is kept).
 */
export function migrateSqlite(file: string, all = migrations('sqlite')): string[] {
  const sqlite = new Database(file, { timeout: 5000 })
  try {
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma('synchronous = FULL')
    // Read first: a start with nothing to do must not wait for whoever is writing.
    return pendingOf(all, appliedSqlite(sqlite)).length === 0 ? [] : applySqlite(sqlite, all)
  } finally {
    sqlite.close()
  }
}

let template: Buffer | undefined
/**
 * A migrated database that lives in memory only, as the bytes of its file. They are made once, and copied by whoever opens them. It has no
 * row but what migrations write: each copy makes its own keys, and draws its timeline.
 */
export const migratedInMemory = (): Buffer => (template ??= makeTemplate())

function makeTemplate(): Buffer {
  const sqlite = new Database(':memory:')
  applySqlite(sqlite, migrations('sqlite'))
  const bytes = sqlite.serialize()
  sqlite.close()
  return bytes
}

function applySqlite(sqlite: Database.Database, all: Migration[]): string[] {
  sqlite.pragma('foreign_keys = OFF')
  sqlite.exec('BEGIN IMMEDIATE')
  try {
    sqlite.exec(CREATE)
    const todo = pendingOf(all, appliedSqlite(sqlite))
    const record = sqlite.prepare(`INSERT INTO ${TABLE} (name) VALUES (?)`)
    for (const { name, statements } of todo) {
      for (const statement of statements) sqlite.exec(statement)
      record.run(name)
    }
    const dangling = sqlite.pragma('foreign_key_check')
    if (Array.isArray(dangling) && dangling.length > 0)
      throw new Error(`${dangling.length} rows would be left without the row they refer to`)
    sqlite.exec('COMMIT')
    return todo.map(({ name }) => name)
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK')
    throw error
  }
}

/** Two deployments that migrate at once: the second waits for this lock and then finds nothing to do. */
const LOCK = 7_146_051_203

/**
 * Brings a PostgreSQL database up to date in one transaction, under an advisory lock.
 * @returns the names that were applied.
 * @throws DatabaseTooNew, and whatever the database refuses (nothing is kept).
 */
export async function migratePostgres(url: string): Promise<string[]> {
  const { Client } = (await import('pg')).default
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    await client.query(CREATE)
    const todo = pendingOf(migrations('postgres'), await appliedPostgres(client))
    for (const { name, statements } of todo) {
      for (const statement of statements) await client.query(statement)
      await client.query(`INSERT INTO ${TABLE} (name) VALUES ($1)`, [name])
    }
    await client.query('COMMIT')
    return todo.map(({ name }) => name)
  } finally {
    await client.end()
  }
}
