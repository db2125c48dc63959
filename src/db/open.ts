import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { migratedInMemory, migratePostgres, migrateSqlite } from './migrate.ts'
import type { OwnedTables } from './schema/tables.ts'
import type { SqliteOptions } from './sqlite/store.ts'
import type { Store } from './store.ts'

/** The file of a `sqlite:` URL, or undefined for another engine's. */
export const sqliteFile = (url: string) =>
  url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined

/**
 * Opens the database of a URL: a SQLite file is created and brought up to date, PostgreSQL is taken as it is. The other engine's
 * driver is not even loaded.
 * @param owned the tables of what users own
 */
export async function openStore(
  url: string,
  owned: OwnedTables,
  options?: SqliteOptions,
): Promise<Store> {
  const file = sqliteFile(url)
  if (file === undefined) return (await import('./postgres/store.ts')).openPostgres(url, owned)
  const { openSqlite } = await import('./sqlite/store.ts')
  if (file === ':memory:') return openSqlite(migratedInMemory(), owned, options)
  mkdirSync(dirname(file), { recursive: true })
  migrateSqlite(file)
  return openSqlite(file, owned, options)
}

/** Applies what is pending and returns the names. */
export async function migrate(url: string): Promise<string[]> {
  const file = sqliteFile(url)
  if (file === undefined) return migratePostgres(url)
  mkdirSync(dirname(file), { recursive: true })
  return migrateSqlite(file)
}
