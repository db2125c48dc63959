import Database from 'better-sqlite3'
import { Client } from 'pg'
import type { Test } from 'tap'
import { sqliteFile } from '../../src/db/open.ts'
import { engine, freshDatabase } from '../database.ts'

/** The URL of a database that has had no migration. */
export async function bareDatabase(t: Test) {
  if (engine === 'sqlite') return `sqlite:${t.testdir({})}/bare.db`
  const url = await freshDatabase(t)
  await alter(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  return url
}

/** Runs statements on a connection of their own, past everything of ours. */
export async function alter(url: string, statements: string) {
  const file = sqliteFile(url)
  if (file === undefined) {
    const client = await connectPostgres(url)
    await client.query(statements)
    return client.end()
  }
  const sqlite = new Database(file)
  sqlite.exec(statements)
  return void sqlite.close()
}

/** A connection whose loss ends nothing. */
export async function connectPostgres(url: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
