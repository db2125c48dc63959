import type { SQL } from 'drizzle-orm'
import { and, asc, count, desc, eq, gt, lt, sql } from '../../db/drizzle.ts'
import { $, perShape, type Statement, type Store, type Values } from '../../db/store.ts'
import type { Tables } from '../../db/tables.ts'
import type { Clock } from '../clock.ts'
import type { Secrets } from '../secrets.ts'
import { createCursors, type Position } from './cursors.ts'
import {
  type Declaration,
  DEFAULT_SORT,
  type Direction,
  type Listed,
  type Page,
  type Query,
  type Row,
} from './declaration.ts'
import { type Found, turnTo } from './turning.ts'

export interface ListDeps {
  store: Store
  clock: Clock
  secrets: Secrets
}

/** Which records a statement reads: all, those `beyond` a position, or of these the ones `tied` with it or `past` the tied ones. */
type Part = 'all' | 'beyond' | 'tied' | 'past'

/**
 * How each engine goes straight to a position in an index. Of a row value SQLite looks up the first member only, and would walk
 * through all that are tied; PostgreSQL may look for those that are tied along the whole primary key.
 */
const BEYOND: Record<Store['engine'], readonly Part[]> = {
  sqlite: ['tied', 'past'],
  postgres: ['beyond'],
}

/**
 * The one query behind every list of v2: filtered, sorted by a column and then by id, read from a cursor on. No page is reached by
 * counting the records before it, so each costs as much as the first.
 */
export function createList<T extends Listed, D extends Declaration<T>>(
  { store, clock, secrets }: ListDeps,
  declaration: D,
  source: T,
) {
  const { name, filters, sorts, scope } = declaration
  // drizzle infers no rows for a generic table: the statements below use only what all of them have.
  const table = source as unknown as Tables['users']
  const cursors = createCursors(secrets)
  const columnOf = (sort: string) => {
    const [field, direction] = sort.split(':') as [string, Direction]
    return sorts[field]!(source, direction)
  }

  const matching = (applied: string) => [
    scope?.(source, (compared) => $('scope', compared)),
    ...applied.split(',').map((filter) =>
      filters[filter]?.where(
        source,
        (compared) => $(filter, compared),
        (compared) => $('now', compared),
      ),
    ),
  ]
  const pages = perShape((shape) => {
    const [applied = '', sort = '', travel = '', part = ''] = shape.split(' ')
    const key = columnOf(sort)
    const isId = sort.startsWith('id:')
    const [order, beyond] = travel === 'asc' ? [asc, gt] : [desc, lt]
    const at = { key: $('key', key), id: $('id', table.id) }
    const conditions: Record<string, Array<SQL | undefined>> = {
      tied: [eq(key, at.key), beyond(table.id, at.id)],
      past: [beyond(key, at.key)],
      beyond: [
        isId
          ? beyond(table.id, at.id)
          : beyond(sql`(${key}, ${table.id})`, sql`(${at.key}, ${at.id})`),
      ],
    }
    const statement = store.define(`list_${name} ${shape}`, (q) =>
      q
        .select({ record: declaration.shown(source), key, id: table.id })
        .from(table)
        .where(and(...matching(applied), ...(conditions[part] ?? [])))
        .orderBy(...(isId ? [order(key)] : [order(key), order(table.id)]))
        .limit($('limit')),
    )
    return statement as unknown as Statement<Array<Found<Row<D>>>>
  })
  const totals = perShape((applied) =>
    store.define(`list_${name}_total ${applied}`, (q) =>
      q
        .select({ count: count() })
        .from(table)
        .where(and(...matching(applied))),
    ),
  )

  return {
    /**
     * One page. `owner` is for a list with a scope, and must be given then.
     * @throws CursorMismatch when the cursor was not given for this list, sort, filters and owner.
     */
    async page(query: Query<D>, ...[owner]: Scoped<D>): Promise<Page<Row<D>>> {
      const { sort = DEFAULT_SORT, total = false, ...window } = query
      const [field, direction] = sort.split(':') as [string, Direction]
      const given = Object.entries<unknown>(query.filters ?? {})
        .filter(([, value]) => value !== undefined)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
      const applied = given.map(([filter]) => filter).join(',')
      const values: Values = { ...Object.fromEntries(given), scope: owner, now: clock.now() }
      const readPart = (part: Part, travel: Direction, limit: number, at?: Position) =>
        store.read(pages([applied, sort, travel, part].join(' ')), { ...values, ...at, limit })

      async function read(travel: Direction, from: Position | undefined, limit: number) {
        if (!from) return readPart('all', travel, limit)
        // A moment comes back from a cursor as text.
        const at = { ...from, key: columnOf(sort).mapFromDriverValue(from.key) as Position['key'] }
        const parts = field === 'id' ? (['beyond'] as const) : BEYOND[store.engine]
        const found = await Promise.all(parts.map((part) => readPart(part, travel, limit, at)))
        return found.flat().slice(0, limit)
      }
      const list = JSON.stringify([name, sort, given, owner ?? null])
      const [page, [counted]] = await Promise.all([
        turnTo({ cursors, list, window, direction, read }),
        total ? store.read(totals(applied), values) : [],
      ])
      return { ...page, total: counted?.count }
    },
  }
}

/** The id of whoever a list belongs to, for a list that belongs to somebody. */
type Scoped<D> = D extends { scope: unknown } ? [owner: number] : [owner?: undefined]
