import type { SQL } from 'drizzle-orm'
import { and, asc, count, desc, eq, gt, gte, lt, lte, sql } from '../../db/drizzle.ts'
import {
  $,
  type Build,
  perShape,
  type Queries,
  type Statement,
  type Store,
} from '../../db/store.ts'
import type { Tables } from '../../db/schema/tables.ts'
import type { Conditions } from './conditions.ts'
import type { Position } from './cursors.ts'
import type { Declaration, Direction, Listed } from './declaration.ts'
import type { Found } from './turning.ts'

/**
 * Which records a statement reads: all, those `beyond` a position, or of these the ones `tied` with it or `past` the tied ones. `from` and
 * `alike` begin at the position itself, with the record that is there.
 */
export type Part = 'all' | 'beyond' | 'tied' | 'past' | 'from' | 'alike'

/**
 * How each engine goes straight to a position in an index. Of a row value SQLite looks up the first member only, and would walk
 * through all that are tied; PostgreSQL may look for those that are tied along the whole primary key.
 */
const BEYOND: Record<Store['engine'], readonly Part[]> = {
  sqlite: ['tied', 'past'],
  postgres: ['beyond'],
}
const FROM: typeof BEYOND = { sqlite: ['alike', 'past'], postgres: ['from'] }

export interface Shape {
  /** The filters that apply, by name. */
  applied: readonly string[]
  /** `created_at:desc` */
  sort: string
  travel: Direction
  part: Part
  /** Those of the filters that the index goes by which is walked along. */
  led?: readonly string[]
}

/** A direction to walk along an index in, from a position or from its beginning. */
export interface Way extends Pick<Shape, 'sort' | 'travel' | 'led'> {
  at?: Position | undefined
}

/** The statements of a declared list: one for each combination of filters, sort, direction and part that is asked for. */
export function createShapes<T extends Listed>(
  store: Store,
  declaration: Declaration<T>,
  source: T,
  { scoped, where }: Conditions,
) {
  const { name, shown, sorts } = declaration
  // drizzle infers no rows for a generic table: the statements below use only what all of them have.
  const table = source as unknown as Tables['users']
  const columnOf = (sort: string) => {
    const [field, direction] = sort.split(':') as [string, Direction]
    return sorts[field]!(source, direction)
  }
  const fieldOf = (sort: string) => sort.split(':', 1).join()

  /** What restricts a statement to its part, and orders it. */
  function along({ sort, travel, part }: Shape) {
    const key = columnOf(sort)
    const isId = fieldOf(sort) === 'id'
    const [order, beyond, from] = travel === 'asc' ? [asc, gt, gte] : [desc, lt, lte]
    const at = { key: $('key', key), id: $('id', table.id) }
    const behind = (compare: typeof gt) =>
      isId
        ? compare(table.id, at.id)
        : compare(sql`(${key}, ${table.id})`, sql`(${at.key}, ${at.id})`)
    const parts: Record<Part, SQL[]> = {
      all: [],
      tied: [eq(key, at.key), beyond(table.id, at.id)],
      past: [beyond(key, at.key)],
      alike: [eq(key, at.key), from(table.id, at.id)],
      beyond: [behind(beyond)],
      from: [behind(from)],
    }
    const inOrder = isId ? [order(key)] : [order(key), order(table.id)]
    return { key, within: parts[part], order: inOrder }
  }
  const among =
    store.engine === 'sqlite'
      ? sql`${table.id} in (select value from json_each(${$('ids')}))`
      : sql`${table.id} = any(${$('ids')}::int[])`

  // All kinds of statements together stay within what one list may keep.
  const kinds = new Map<string, (shape: Shape) => Build<unknown>>()
  const statements = perShape((text) => {
    const [kind = '', applied = '', sort = '', travel = '', part = '', led = ''] = text.split(' ')
    const named = (filters: string) => filters.split(',').filter(Boolean)
    const shape = { applied: named(applied), sort, travel, part, led: named(led) } as Shape
    return store.define(`list_${name}${text}`, kinds.get(kind)!(shape))
  }, store)
  function perText<R>(kind: string, build: (shape: Shape) => Build<R>) {
    kinds.set(kind, build)
    return ({ applied, sort, travel, part, led = [] }: Shape) => {
      const text = [kind, applied.join(','), sort, travel, part, led.join(',')].join(' ')
      // What the kind builds has its rows.
      return statements(text.trimEnd()) as Statement<R>
    }
  }
  /** Of some records, in an order, those that pass; which they are is for the first `slice` of them to tell. */
  const passing = (
    shape: Shape,
    inside: { within: SQL[]; rest: readonly string[]; passes?: SQL[]; order?: SQL[] },
  ) => {
    const { key } = along(shape)
    const passes = and(...(inside.passes ?? []), ...where(inside.rest)) ?? sql`true`
    return (q: Queries) =>
      q
        .select({
          key: (sql`${key}`.mapWith(key) as SQL<Position['key']>).as('key'),
          id: sql<number>`${table.id}`.as('id'),
          passes: sql<boolean>`(${passes})`.as('passes'),
        })
        .from(table)
        .where(and(...inside.within))
        .orderBy(...(inside.order ?? []))
        .limit($('slice'))
        .as('slice')
  }
  const walked = (shape: Shape) => {
    const { led = [] } = shape
    const { within, order } = along(shape)
    // Of two bounds on one column SQLite goes by the first: where the page begins comes before the filters.
    return {
      within: [...scoped, ...within, ...where(led)],
      rest: shape.applied.filter((filter) => !led.includes(filter)),
      order,
    }
  }
  const firstOf = (led: readonly string[], q: Queries) =>
    q
      .select({ id: table.id })
      .from(table)
      .where(and(...scoped, ...where(led)))
      .limit($('slice'))
      .as('found')
  const list = (shape: Shape) => {
    const { key, within, order } = along(shape)
    return { key, order, conditions: and(...scoped, ...within, ...where(shape.applied)) }
  }

  return {
    columnOf,
    fieldOf,
    /** The parts that lead on from a position, one after the other; `inclusive` is from what stands there on. */
    partsFrom(sort: string, at: Position | undefined, inclusive = false): readonly Part[] {
      if (!at) return ['all']
      if (fieldOf(sort) === 'id') return [inclusive ? 'from' : 'beyond']
      return (inclusive ? FROM : BEYOND)[store.engine]
    },
    given: (ids: readonly number[]) => (store.engine === 'sqlite' ? JSON.stringify(ids) : ids),

    /** Records in order. */
    pages: perText<Array<Found<never>>>('', (shape) => (q) => {
      const { key, conditions, order } = list(shape)
      const record = shown(source)
      const rows = q.select({ record, key, id: table.id }).from(table)
      return rows
        .where(conditions)
        .orderBy(...order)
        .limit($('limit')) as never
    }),
    /** The places of records in order. */
    places: perText<Position[]>('_places', (shape) => (q) => {
      const { key, conditions, order } = list(shape)
      const rows = q.select({ key, id: table.id }).from(table).where(conditions)
      return rows.orderBy(...order).limit($('limit'))
    }),
    totals: perText(
      '_total',
      ({ applied }) =>
        (q) =>
          q
            .select({ count: count() })
            .from(table)
            .where(and(...scoped, ...where(applied))),
    ),

    /** Those of the next `slice` records along the index of a sort that pass the filters which the index does not go by. */
    slices: perText('_slice', (shape) => (q) => {
      const slice = passing(shape, walked(shape))(q)
      return q
        .select({ key: slice.key, id: slice.id })
        .from(slice)
        .where(sql`${slice.passes}`)
    }),
    /** How many those are. */
    tallies: perText('_tally', (shape) => (q) => {
      const slice = passing(shape, walked(shape))(q)
      return q
        .select({ count: count() })
        .from(slice)
        .where(sql`${slice.passes}`)
    }),
    /** The last of the next `slice` records along the index of a sort, where there are so many. */
    edges: perText('_edge', (shape) => (q) => {
      const { key, order } = along(shape)
      const rows = q.select({ key, id: table.id }).from(table)
      return rows
        .where(and(...walked(shape).within))
        .orderBy(...order)
        .limit(1)
        .offset($('offset'))
    }),
    /** The first `slice` of the records that an index leads to. */
    led: perText('_led', ({ led = [] }) => (q) => {
      const found = firstOf(led, q)
      return q.select({ ids: sql<string>`json_group_array(${found.id})` }).from(found)
    }),
    /** How many they are, and at most `slice`. */
    sizes: perText(
      '_size',
      ({ led = [] }) =>
        (q) =>
          q.select({ count: count() }).from(firstOf(led, q)),
    ),
    /** Those of `ids` that pass. */
    sifted: perText('_sift', (shape) => (q) => {
      const slice = passing(shape, { within: [among], passes: scoped, rest: shape.applied })(q)
      return q
        .select({ key: slice.key, id: slice.id })
        .from(slice)
        .where(sql`${slice.passes}`)
    }),
    records: store.define(`list_${name}_records`, (q) =>
      q
        .select({ record: shown(source), id: table.id })
        .from(table)
        .where(among),
    ) as Statement<Array<{ record: unknown; id: number }>>,
    texts: declaration.search
      ? (store.define(`list_${name}_texts`, (q) =>
          q
            .select({ text: declaration.search!.text(source), id: table.id })
            .from(table)
            .where(among),
        ) as Statement<Array<{ text: string; id: number }>>)
      : undefined,
  }
}
export type Shapes = ReturnType<typeof createShapes>
