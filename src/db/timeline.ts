import type Database from 'better-sqlite3'
import type { ClientBase } from 'pg'

/** One history of a database. A restore takes the database back to an earlier state, and another one begins. */
export interface Timeline {
  /** Eight hexadecimal digits, drawn at random: a counter would come back with the backup. */
  readonly id: string
  /** Absent of the first one. */
  readonly startedAt: Date | undefined
  /** The ids of its events are above this one; what is at or below it may have been given out before, for another event. */
  readonly eventsAbove: number
}

/** Ids have gone up as far as they may. */
export class IdsExhausted extends Error {
  constructor(table: string, highest: number) {
    super(
      `The ids of ${table} are at ${highest}, and would end: give a smaller --leap, of at least as many as were given out since the backup.`,
    )
  }
}
/**
 * Every connection of ours to PostgreSQL holds this lock, shared, for as long as it lives: a new timeline begins when there is none. So
 * what a connection has read at its beginning holds to its end.
 */
const OPEN_LOCK = 0x6f_70_65_6e
export const HOLD_OPEN = `SELECT pg_advisory_lock_shared(${OPEN_LOCK})`
export const TAKE_ALONE = `SELECT pg_try_advisory_xact_lock(${OPEN_LOCK}) AS alone`

const PRESENT = 'SELECT id, started_at, events_above FROM timelines WHERE ended_at IS NULL'

export function readSqlite(sqlite: Database.Database): Timeline {
  const row = sqlite
    .prepare<[], { id: string; started_at: number | null; events_above: number }>(PRESENT)
    .get()
  if (!row) throw new Error('The database has no timeline.')
  return {
    id: row.id,
    startedAt: row.started_at === null ? undefined : new Date(row.started_at),
    eventsAbove: row.events_above,
  }
}

export async function readPostgres(client: Pick<ClientBase, 'query'>): Promise<Timeline> {
  const { rows } = await client.query<{
    id: string
    started_at: Date | null
    /** A bigint, which pg gives as text. */
    events_above: string
  }>(PRESENT)
  const [row] = rows
  if (!row) throw new Error('The database has no timeline.')
  return {
    id: row.id,
    startedAt: row.started_at ?? undefined,
    eventsAbove: Number(row.events_above),
  }
}

/** Copies of one template are different databases: what one has given out is not for another to know again. */
export const redraw = (sqlite: Database.Database) =>
  sqlite.exec('UPDATE timelines SET id = lower(hex(randomblob(4)))')
