import type { Config } from '../config/schema.ts'
import { migrate, sqliteFile } from '../db/open.ts'
import {
  beginPostgres,
  beginSqlite,
  DatabaseInUse,
  type NewTimeline,
  pendingPostgres,
} from '../db/new-timeline.ts'
import type { Timeline } from '../db/timeline.ts'
import { systemClock } from '../base/clock.ts'
import { ownedTables } from '../domain/resources/index.ts'
import { hasContent } from './backup-file.ts'
import { Failure } from './failure.ts'
import { takeAlone } from './restore-file.ts'

/** Milliseconds for a connection, and for each of its statements. */
const PATIENCE = 10_000

/**
 * Begins a new timeline in a database that was restored by other means than ours.
 * @throws Failure while anybody has it open, or when it is not of this version; IdsExhausted
 */
export async function newTimeline(url: Config['databaseUrl'], leap: number): Promise<Timeline> {
  const given = { now: systemClock.now(), leap, owned: ownedTables }
  const file = sqliteFile(url)
  if (file === undefined) return onPostgres(url, given)
  if (!hasContent(file)) throw new Failure(`There is no database at ${file}.`)
  takeAlone(file).close()
  await migrate(url)
  const sqlite = takeAlone(file)
  try {
    return beginSqlite(sqlite, given)
  } finally {
    sqlite.close()
  }
}

async function onPostgres(url: string, given: NewTimeline) {
  const { Client } = (await import('pg')).default
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE,
    statement_timeout: PATIENCE,
  })
  await client.connect()
  try {
    const pending = await pendingPostgres(client)
    if (pending.length > 0)
      throw new Failure(`The database lacks ${pending.join(', ')}: run commonplace migrate first.`)
    return await beginPostgres(client, given)
  } catch (error) {
    throw error instanceof DatabaseInUse
      ? new Failure('The database is in use by another process: stop all servers first.')
      : error
  } finally {
    await client.end()
  }
}
