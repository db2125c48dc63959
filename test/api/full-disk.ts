import Database from 'better-sqlite3'
import { Client } from 'pg'
import { sqliteFile } from '../../src/db/open.ts'

/** What a trigger does to a write of a row, and the end of it. */
const EVENTS = ['INSERT', 'UPDATE', 'DELETE']

/**
 * From now on every write to any table fails as it does on a full disk, with the very code of the engine: PostgreSQL may raise any;
 * SQLite answers "full" when a table has had the largest row id there is.
 * @returns what makes room again
 */
export async function fillDisk(databaseUrl: string): Promise<() => Promise<void>> {
  const file = sqliteFile(databaseUrl)
  const run = file === undefined ? onServer(databaseUrl) : inFile(file)
  const tables = await run(file === undefined ? SERVER_TABLES : FILE_TABLES)
  const names = tables.flatMap(({ name }) => EVENTS.map((event) => [`full_${event}`, event, name]))
  await run(file === undefined ? SERVER_FULL : FILE_FULL)
  const work = file === undefined ? 'EXECUTE FUNCTION no_room()' : FILE_WORK
  for (const [trigger, event, table] of names)
    await run(
      `CREATE TRIGGER ${trigger}_${table} BEFORE ${event} ON "${table}" FOR EACH ROW ${work}`,
    )
  return async () => {
    const on = (table = '') => (file === undefined ? ` ON "${table}"` : '')
    for (const [trigger, , table] of names)
      await run(`DROP TRIGGER ${trigger}_${table}${on(table)}`)
  }
}

const FILE_TABLES = `SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`
const FILE_FULL = `CREATE TABLE no_room (id INTEGER PRIMARY KEY AUTOINCREMENT);
  INSERT INTO no_room VALUES (9223372036854775807)`
const FILE_WORK = 'BEGIN INSERT INTO no_room VALUES (NULL); END'

const SERVER_TABLES = `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`
const SERVER_FULL = `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`

type Run = (text: string) => Promise<Array<{ name: string }>>

const inFile =
  (file: string): Run =>
  async (text) => {
    const sqlite = new Database(file)
    try {
      if (text.startsWith('SELECT')) return sqlite.prepare<[], { name: string }>(text).all()
      sqlite.exec(text)
      return []
    } finally {
      sqlite.close()
    }
  }

const onServer =
  (connectionString: string): Run =>
  async (text) => {
    const client = new Client({ connectionString })
    await client.connect()
    try {
      return (await client.query<{ name: string }>(text)).rows
    } finally {
      await client.end()
    }
  }
