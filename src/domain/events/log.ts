import { asc, gt, inArray, sql } from '../../db/drizzle.ts'
import { $, perShape, type Statement, type Store } from '../../db/store.ts'
import type { Change } from '../changes.ts'
import { listOf } from '../resources/engine/list.ts'
import { type Row, sourceOf } from '../resources/engine/statements.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { Audience } from './audience.ts'

/** Something that happened to a record, as the log has it: the type may be one that only another version knows. */
export interface Entry extends Omit<Change, 'type'> {
  id: number
  type: string
  at: Date
}
/** A record of one of the resources, as its list shows it. */
export interface Told {
  resource: AnyResource
  record: Row
}
/** The same with the record as it is now, if it is still there. */
export interface Happened extends Entry {
  shown?: Told | undefined
}

/** Entries that one look takes, and records that are in memory at once (one may have 400 kB). */
const ENTRIES = 500
const RECORDS = 50

interface Deps {
  store: Store
  resources: readonly AnyResource[]
  audience: Audience
}

/** Reads the log of changes, in the order in which they were committed. */
export function createLog({ store, resources, audience }: Deps) {
  const { changes } = store.tables
  const oldest = sql<number>`(select min(id) from changes)`.mapWith(Number)
  const newest = sql<number | null>`(select max(id) from changes)`.mapWith(Number)
  const end = store.define('events_end', (q) =>
    q.select({ newest, oldest }).from(sql`(values (1)) as once`),
  )
  const following = store.define('events_after', (q) =>
    q
      .select({
        id: changes.id,
        type: changes.type,
        resourceId: changes.resourceId,
        userId: changes.userId,
        at: changes.at,
        oldest,
      })
      .from(changes)
      .where(gt(changes.id, $('after')))
      .orderBy(asc(changes.id))
      .limit($('limit')),
  )
  /** One record, or as many as are read at once. */
  const named = (size: string) => Array.from({ length: Number(size) }, (_, i) => $(`id${i}`))
  const records = resources.map((resource) => ({ resource, find: finder(resource) }))

  /** Finds the records of one resource that some entries are about. */
  function finder(resource: AnyResource) {
    const table = sourceOf(store, resource)
    const { name, shown } = listOf(resource)
    const statement = perShape(
      (size) =>
        store.define(`events_${name}_${size}`, (q) =>
          q
            .select(shown(table))
            .from(table)
            .where(inArray(table.id, named(size))),
        ) as unknown as Statement<Row[]>,
    )
    return async (ids: ReadonlySet<number>) => {
      const [first] = ids
      if (first === undefined) return []
      const size = ids.size === 1 ? 1 : RECORDS
      const given = [...ids, ...Array<number>(size - ids.size).fill(first)]
      const values = Object.fromEntries(given.map((id, i) => [`id${i}`, id]))
      return store.read(statement(String(size)), values)
    }
  }
  /** Those of the entries that are about a record of one resource, with it. */
  async function recordsOf(
    { resource, find }: (typeof records)[number],
    entries: readonly Entry[],
  ) {
    const about = entries.filter(({ type }) => audience.resourceOf(type) === resource)
    const present = about.filter(({ type }) => !type.endsWith('.deleted'))
    const rows = await find(new Set(present.map(({ resourceId }) => resourceId)))
    const found = new Map(rows.map((row) => [row.id, row]))
    return about.flatMap((entry) => {
      const record = found.get(entry.resourceId)
      // Whoever may see the event may see the record only if it is of the same user.
      if (record?.userId !== entry.userId) return []
      return [[entry, { resource, record }] as const]
    })
  }

  return {
    /** How many entries `withRecords` takes. */
    records: RECORDS,
    /**
     * The ids of the oldest entry and the newest: of this timeline, for what an earlier one has told of a record may be undone. Only
     * before its first change there is none, and then the newest is what its ids are above; the newest is kept for ever.
     */
    async bounds(): Promise<{ oldest: number; newest: number }> {
      const [found] = await store.read(end)
      const { eventsAbove } = store.timeline()
      return {
        oldest: Math.max(found?.oldest ?? 1, eventsAbove + 1),
        newest: Math.max(found?.newest ?? 0, eventsAbove),
      }
    },
    /** The next entries behind an id. `isWhole` is false when others may have been there, that are purged or of an earlier timeline. */
    async after(id: number): Promise<{ entries: Entry[]; isWhole: boolean; isMore: boolean }> {
      const rows = await store.read(following, { after: id, limit: ENTRIES })
      const [first] = rows
      return {
        entries: rows,
        isWhole:
          first === undefined || Math.max(first.oldest, store.timeline().eventsAbove + 1) <= id + 1,
        isMore: rows.length === ENTRIES,
      }
    },
    /** Adds the records to at most `records` entries. */
    async withRecords(entries: readonly Entry[]): Promise<Happened[]> {
      const found = await Promise.all(records.map((one) => recordsOf(one, entries)))
      const shown = new Map(found.flat())
      return entries.map((entry) => ({ ...entry, shown: shown.get(entry) }))
    },
  }
}
export type Log = ReturnType<typeof createLog>
