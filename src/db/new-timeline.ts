import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Client } from 'pg'
import { getTableColumns, getTableName } from './drizzle.ts'
import { pgKit } from './schema/column-kit.ts'
import { appliedPostgres, migrations, pendingOf } from './migrate.ts'
import { type OwnedTables, tables } from './schema/tables.ts'
import { IdsExhausted, readPostgres, readSqlite, TAKE_ALONE, type Timeline } from './timeline.ts'

/** The highest id that each table has given out, whether or not its row is still there. */
export type Heights = ReadonlyMap<string, number>

/** By how much ids go up when nobody knows which were given out: 400 times before those of records end. */
export const LEAP = 5_000_000
/** The same for what has 15 digits, such as the ids of events. */
const LONG_LEAP = 10_000_000_000
/** The highest ids that may be given out: of what the API takes as an id of a record, and as the id of an event. */
const HIGHEST = { integer: 2_147_483_647, bigint: 999_999_999_999_999 }

/** How often it is looked whether anybody has the database open, and milliseconds between two looks. */
const TRIES = 10
const PAUSE = 100

/** Somebody has the database open. */
export class DatabaseInUse extends Error {}

/** The database that is being replaced. */
export interface Replaced {
  heights: Heights
  /** The ids of all its timelines. */
  timelines: ReadonlySet<string>
}
export interface NewTimeline {
  now: Date
  /** Ids of each table that may have been given out and are not known of. */
  leap: number
  owned: OwnedTables
  /** Absent where there is none, or it cannot be read. */
  replaced?: Replaced | undefined
}

/** The tables that number their rows. */
const numbered = (owned: OwnedTables) =>
  Object.values(tables(pgKit, owned)).flatMap((table) => {
    const type = getTableColumns(table)['id' as never] as { getSQLType(): string } | undefined
    const size = type?.getSQLType()
    const isNumber = size === 'integer' || size === 'bigint'
    return isNumber ? [{ name: getTableName(table), size } as const] : []
  })

/**
 * Where the ids of a new timeline begin.
 * @throws IdsExhausted
 */
function heightsOf(own: Heights, present: string, { leap, owned, replaced }: NewTimeline): Heights {
  const known = numbered(owned)
  const isKnown = replaced !== undefined && wentOn(known, own, present, replaced)
  return new Map(
    known.map(({ name, size }) => {
      const highest = Math.max(own.get(name) ?? 0, replaced?.heights.get(name) ?? 0)
      const unknown = isKnown ? 0 : size === 'bigint' ? LONG_LEAP : leap
      // One is left out, which stands for the beginning: who has been told the last event of before has not been told of that.
      const height = highest + unknown + 1
      if (height >= HIGHEST[size]) throw new IdsExhausted(name, highest)
      return [name, height]
    }),
  )
}

/**
 * Whether the replaced database is the one that went on from the backup, so that it knows what was given out since. An empty one, or an older
 * copy, that was put in the place of the one that is lost knows nothing of it: it is another's, or nowhere ahead of the backup.
 */
function wentOn(
  known: ReturnType<typeof numbered>,
  own: Heights,
  present: string,
  { heights, timelines }: Replaced,
): boolean {
  const ahead = known.map(({ name }) => (heights.get(name) ?? 0) - (own.get(name) ?? 0))
  return timelines.has(present) && ahead.every((by) => by >= 0) && ahead.some((by) => by > 0)
}

const fresh = (now: Date, heights: Heights): Timeline => ({
  id: randomBytes(4).toString('hex'),
  startedAt: now,
  eventsAbove: heights.get('changes') ?? 0,
})

/** What a new timeline has to know of the database that it replaces. */
export function replacedSqlite(sqlite: Database.Database): Replaced {
  const has = sqlite.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?')
  const ids = has.get('timelines') ? sqlite.prepare('SELECT id FROM timelines').pluck().all() : []
  return { heights: heightsSqlite(sqlite), timelines: new Set(ids.map(String)) }
}

function heightsSqlite(sqlite: Database.Database): Heights {
  // SQLite keeps them for every table with AUTOINCREMENT.
  const rows = sqlite
    .prepare<[], { name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence')
    .all()
  return new Map(rows.map(({ name, seq }) => [name, seq]))
}

/** Begins a new timeline in a database that nobody else has open. @throws IdsExhausted, and nothing has changed */
export function beginSqlite(sqlite: Database.Database, given: NewTimeline): Timeline {
  return sqlite.transaction(() => {
    const heights = heightsOf(heightsSqlite(sqlite), readSqlite(sqlite).id, given)
    const timeline = fresh(given.now, heights)
    const raise = sqlite.prepare('UPDATE sqlite_sequence SET seq = ? WHERE name = ?')
    const add = sqlite.prepare('INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)')
    for (const row of heights.entries()) {
      const [name, height] = row
      if (raise.run(height, name).changes === 0) add.run(height, name)
    }
    const now = given.now.getTime()
    sqlite.prepare('UPDATE timelines SET ended_at = ? WHERE ended_at IS NULL').run(now)
    const remember = sqlite.prepare(
      'INSERT OR IGNORE INTO timelines (id, ended_at, events_above) VALUES (?, ?, 0)',
    )
    for (const id of given.replaced?.timelines ?? []) remember.run(id, now)
    sqlite
      .prepare('INSERT INTO timelines (id, started_at, events_above) VALUES (?, ?, ?)')
      .run(timeline.id, now, timeline.eventsAbove)
    return timeline
  })()
}

/**
 * Begins a new timeline in a PostgreSQL database.
 * @throws DatabaseInUse, IdsExhausted, and what the database refuses: then the timeline is the same as before
 */
export async function beginPostgres(client: Client, given: NewTimeline): Promise<Timeline> {
  await client.query('BEGIN')
  await takeAlone(client)
  const before = await readPostgres(client)
  const heights = heightsOf(await heightsPostgres(client, given), before.id, given)
  const timeline = fresh(given.now, heights)
  // Not undone by a rollback, which does no harm: they only go up.
  for (const [name, height] of heights)
    await client.query(`SELECT setval(pg_get_serial_sequence($1, 'id'), $2)`, [name, height])
  await client.query('UPDATE timelines SET ended_at = $1 WHERE ended_at IS NULL', [given.now])
  await client.query('INSERT INTO timelines (id, started_at, events_above) VALUES ($1, $2, $3)', [
    timeline.id,
    given.now,
    timeline.eventsAbove,
  ])
  await client.query('COMMIT')
  return timeline
}

/** Whoever has just closed a connection is there for a moment longer. @throws DatabaseInUse */
async function takeAlone(client: Client) {
  for (let tries = 1; tries <= TRIES; tries++) {
    const { rows } = await client.query<{ alone: boolean }>(TAKE_ALONE)
    if (rows[0]?.alone) return
    await pause(PAUSE)
  }
  throw new DatabaseInUse()
}

/** A sequence may lag behind its table: logical replication copies rows alone. */
async function heightsPostgres(client: Client, { owned }: NewTimeline): Promise<Heights> {
  const heights = new Map<string, number>()
  for (const { name } of numbered(owned)) {
    const { rows } = await client.query<{ sequence: string }>(
      `SELECT pg_get_serial_sequence($1, 'id') AS sequence`,
      [name],
    )
    const { rows: found } = await client.query<{ highest: string }>(
      `SELECT greatest(last_value, (SELECT max(id) FROM ${name})) AS highest FROM ${rows[0]?.sequence}`,
    )
    heights.set(name, Number(found[0]?.highest))
  }
  return heights
}

/** The migrations that a database lacks before it can have a timeline. */
export const pendingPostgres = async (client: Client): Promise<string[]> =>
  pendingOf(migrations('postgres'), await appliedPostgres(client)).map(({ name }) => name)
