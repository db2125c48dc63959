import type { Store, Values } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import { ValidationFailed } from '../../base/errors.ts'
import { createHits } from '../search/hits.ts'
import type { Secrets } from '../secrets.ts'
import { termsOf } from '../search/terms.ts'
import { createBounded } from './bounded.ts'
import { createConditions } from './conditions.ts'
import { createCursors, type Position } from './cursors.ts'
import {
  type Declaration,
  DEFAULT_SORT,
  type Direction,
  type Listed,
  type Page,
  type Query,
  RELEVANCE,
  type Row,
} from './declaration.ts'
import { past } from './order.ts'
import { type Limits, LIMITS } from './pace.ts'
import { rank, RANKED } from './ranked.ts'
import { createShapes } from './shapes.ts'
import { type Found, type Turn, turnTo } from './turning.ts'

export interface ListDeps {
  store: Store
  clock: Clock
  secrets: Secrets
}

/** One way to read a list: some of it past a position, and how long it is. */
interface Reading<R> extends Pick<Turn<R>, 'read' | 'edge'> {
  count(): Promise<number>
}

/**
 * The one query behind every list of v2: filtered, searched, sorted by a column and then by id, read from a cursor on. No page is
 * reached by counting the records before it, so each costs as much as the first.
 */
export function createList<T extends Listed, D extends Declaration<T>>(
  { store, clock, secrets }: ListDeps,
  declaration: D,
  source: T,
  limits: Limits = LIMITS,
) {
  const { name, sorts, search } = declaration
  const cursors = createCursors(secrets)
  const conditions = createConditions(store.engine, declaration, source)
  const shapes = createShapes(store, declaration, source, conditions)
  const isOnLoop = store.engine === 'sqlite'
  const findHits = isOnLoop && search ? createHits(store, name) : undefined
  const fields = Object.keys(sorts)
  const bounded = createBounded({ store, shapes, conditions, fields, limits })

  /** The records of places, in their order; undefined is one that is gone meanwhile. */
  async function recordsAt(places: readonly Position[]): Promise<Array<Found<Row<D>>>> {
    if (places.length === 0) return []
    const rows = await store.read(shapes.records, { ids: shapes.given(places.map(({ id }) => id)) })
    const records = new Map(rows.map(({ id, record }) => [id, record as Row<D>]))
    return places.map((place) => ({ ...place, record: records.get(place.id) }))
  }

  /** The places of the first records in a direction. */
  const newest = (
    applied: string[],
    sort: string,
    travel: Direction,
    values: Values,
    limit: number,
  ): Promise<Position[]> =>
    store.read(shapes.places({ applied, sort, travel, part: 'all' }), { ...values, limit })

  function plainly(applied: string[], sort: string, values: Values): Reading<Row<D>> {
    return {
      async read(travel, at, limit) {
        const found = await Promise.all(
          shapes.partsFrom(sort, at, true).map((part) =>
            store.read(shapes.pages({ applied, sort, travel, part }), {
              ...values,
              ...at,
              limit,
            }),
          ),
        )
        return found.length === 1 ? found[0]! : found.flat().slice(0, limit)
      },
      edge: async (travel) => (await newest(applied, sort, travel, values, 1)).at(0),
      async count() {
        const shape = { applied, sort: '', travel: 'asc', part: 'all' } as const
        const [row] = await store.read(shapes.totals(shape), values)
        return row?.count ?? 0
      },
    }
  }

  /** How the list is read in the order of a column, and where its first records are. */
  function inColumn(
    { applied, values, hits }: Asked,
    sort: string,
  ): Reading<Row<D>> & { newest(limit: number): Promise<Position[]> } {
    const plain = plainly(applied, sort, values)
    if (!isOnLoop)
      return { ...plain, newest: (limit) => newest(applied, sort, 'desc', values, limit) }
    // What is not asked for is not even prepared: most pages are read along one index.
    let begun: ReturnType<typeof bounded.reading> | undefined
    const steps = () => (begun ??= bounded.reading({ applied, sort, values, hits }))
    return {
      ...(bounded.isIndexed(applied, sort)
        ? plain
        : {
            read: async (...window) => recordsAt(await steps().places(...window)),
            edge: async (travel) => (await steps().places(travel, undefined, 1)).at(0),
          }),
      count: () => steps().count(),
      newest: (limit) => steps().places('desc', undefined, limit),
    }
  }

  function byRelevance(asked: Asked): Reading<Row<D>> {
    const { newest: hits, count } = inColumn(asked, DEFAULT_SORT)
    let begun: Promise<Position[]> | undefined
    const ranked = () =>
      (begun ??= hits(RANKED).then((ids) => rank(store, shapes, asked.terms, ids)))
    return {
      count,
      read: async (...window) => recordsAt(past(await ranked(), ...window)),
      edge: async (travel) => past(await ranked(), travel, undefined, 1).at(0),
    }
  }

  /** What a query asks for, in the words of the statements. */
  function understand({ filters, q }: Query<D>, owner: number | undefined) {
    const given = Object.entries<unknown>(filters ?? {})
      .filter(([, value]) => value !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    const applied = given.map(([filter]) => filter)
    const values: Values = { ...Object.fromEntries(given), scope: owner, now: clock.now() }
    if (q === undefined) return { given, terms: [], applied, values, hits: async () => undefined }
    const terms = termsOf(q)
    const asked = conditions.asked(terms, owner)
    return {
      given,
      terms,
      applied: [...applied, asked.search],
      values: { ...values, ...asked.values },
      hits: async () => findHits?.(terms, asked.tags, limits.few),
    }
  }
  type Asked = ReturnType<typeof understand>

  return {
    /**
     * One page. `owner` is for a list with a scope, and must be given then.
     * @throws CursorMismatch when the cursor was not given for this list, sort, filters, search and owner. ValidationFailed when
     * `q` has too many words, or is absent where its relevance is to be sorted by. Overloaded when it takes too long.
     */
    async page(query: Query<D>, ...[owner]: Scoped<D>): Promise<Page<Row<D>>> {
      const { sort = DEFAULT_SORT, total = false, q, ...window } = query
      const isRanked = sort === RELEVANCE
      if (isRanked && q === undefined) throw new ValidationFailed([NOTHING_TO_RANK])
      const asked = understand(query, owner)
      const reading =
        q !== undefined && asked.terms.length === 0
          ? NOTHING
          : isRanked
            ? byRelevance(asked)
            : inColumn(asked, sort)
      const list = JSON.stringify([name, sort, asked.given, owner ?? null, q ?? null])
      const direction = isRanked ? 'desc' : (sort.split(':')[1] as Direction)
      // A moment comes back from a cursor as text.
      const keyOf = ({ key }: Position) =>
        isRanked ? key : (shapes.columnOf(sort).mapFromDriverValue(key) as Position['key'])
      const read: Turn<Row<D>>['read'] = (travel, at, limit) =>
        reading.read(travel, at && { ...at, key: keyOf(at) }, limit)
      const [page, counted] = await Promise.all([
        turnTo({ cursors, list, window, direction, read, edge: reading.edge }),
        total ? reading.count() : undefined,
      ])
      return { ...page, total: counted }
    },
  }
}

const NOTHING: Reading<never> = {
  read: async () => [],
  edge: async () => undefined,
  count: async () => 0,
}
const NOTHING_TO_RANK = {
  in: 'query',
  path: 'q',
  code: 'required',
  detail: `q is required with sort=${RELEVANCE}`,
} as const

/** The id of whoever a list belongs to, for a list that belongs to somebody. */
type Scoped<D> = D extends { scope: unknown } ? [owner: number] : [owner?: undefined]
