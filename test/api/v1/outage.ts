import Database from 'better-sqlite3'
import { Client } from 'pg'
import { sqliteFile } from '../../../src/db/open.ts'

/** Lets a table disappear, or come back, behind the back of the server. */
export async function rename(databaseUrl: string, from: string, to: string) {
  const file = sqliteFile(databaseUrl)
  // Otherwise SQLite would change the foreign keys of other tables with it.
  const text = `ALTER TABLE ${from} RENAME TO ${to}`
  if (file !== undefined) {
    const sqlite = new Database(file)
    sqlite.pragma('legacy_alter_table = ON')
    sqlite.exec(text)
    sqlite.close()
    return
  }
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(text)
  await client.end()
}
