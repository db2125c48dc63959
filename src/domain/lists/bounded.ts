import { Overloaded } from '../../base/errors.ts'
import type { Store, Values } from '../../db/store.ts'
import type { Conditions, Path } from './conditions.ts'
import type { Position } from './cursors.ts'
import type { Direction } from './declaration.ts'
import { inOrder, past } from './order.ts'
import { createPace, type Limits, mostSearched } from './pace.ts'
import type { Shapes, Way } from './shapes.ts'

/** Sorts along which records lie as they do in the table, so that reading them one after the other is quick. */
const NEAR = new Set(['created_at', 'id'])

interface BoundedDeps {
  store: Store
  shapes: Shapes
  conditions: Conditions
  fields: readonly string[]
  limits: Limits
}
export interface Asked {
  applied: readonly string[]
  sort: string
  values: Values
  /** Ids among which all hits of a search are, undefined when they are many or nothing is searched for. */
  hits: () => Promise<number[] | undefined>
}

/**
 * Reads lists in small steps where no index has both what they are filtered and what they are sorted by: SQLite works on the event
 * loop. What one index leads to in few records is sorted. Else the index of the sort is walked along until enough records pass; and
 * when they are long in coming, all that pass are looked for along the index that leads to the fewest, and sorted.
 */
export function createBounded({ store, shapes, conditions, fields, limits }: BoundedDeps) {
  const { leading, paths } = conditions

  return {
    /** Whether one index has all that passes, in order. */
    isIndexed: (applied: readonly string[], sort: string) =>
      leading(applied, shapes.fieldOf(sort)).length === applied.length,

    reading({ applied, sort, values, hits }: Asked) {
      const stop = performance.now() + limits.patience
      const words = conditions.words(applied)
      const pace = createPace(limits.step, words === undefined ? undefined : mostSearched(words))
      const step: Store['step'] = (statement, more) => {
        if (performance.now() > stop) throw new Overloaded()
        return store.step(statement, { ...values, ...more })
      }
      const field = shapes.fieldOf(sort)
      const own = leading(applied, field)
      const others = paths(applied).filter(({ led }) => !led.every((one) => own.includes(one)))

      /** Ids among which all records of the list are, when one index tells that they are few. */
      async function candidates(): Promise<number[] | undefined> {
        const found = await hits()
        if (found) return found
        for (const { led } of others) {
          const [row] = await step(shapes.led(along(field, led)), { slice: limits.few + 1 })
          const ids: number[] = JSON.parse(row?.ids ?? '[]')
          if (ids.length <= limits.few) return ids
        }
        return undefined
      }
      /** Which of them are in the list, in ascending order. */
      async function sift(ids: readonly number[]): Promise<Position[]> {
        const statement = shapes.sifted({ applied, sort, travel: 'asc', part: 'all' })
        const places: Position[] = []
        for (let from = 0; from < ids.length;) {
          const slice = ids.slice(from, from + pace.size)
          const given = { ids: shapes.given(slice), slice: slice.length }
          places.push(...(await pace.measure(() => step(statement, given))))
          from += slice.length
        }
        return places.toSorted(inOrder)
      }
      let sifted: Promise<Position[] | undefined> | undefined
      const few = () => (sifted ??= candidates().then((ids) => ids && sift(ids)))

      /** Steps along an index, each with whether it has as many records as it may. */
      async function* walk(way: Way, sizeOf: () => number) {
        let { at } = way
        let parts = shapes.partsFrom(way.sort, at)
        while (parts[0]) {
          const shape = { ...way, applied, part: parts[0] }
          const slice = sizeOf()
          const [end] = await step(shapes.edges(shape), { ...at, offset: slice - 1 })
          yield { shape, given: { ...at, slice }, isFull: end !== undefined }
          parts = end ? shapes.partsFrom(way.sort, end) : parts.slice(1)
          at = end ?? at
        }
      }

      /** The index that leads to the fewest records, unless that of the sort is as good. */
      async function narrowest(): Promise<Path | undefined> {
        let best: Path | undefined = NEAR.has(field)
          ? undefined
          : { field: 'created_at', led: leading(applied, 'created_at') }
        let least = limits.sweep
        for (const path of others) {
          const [row] = await step(shapes.sizes(along(field, path.led)), { slice: least })
          if (!row || row.count >= least) continue
          best = path
          least = row.count
        }
        return best
      }
      async function sweep(): Promise<Position[] | undefined> {
        const path = await narrowest()
        if (!path) return undefined
        const ids: number[] = []
        for await (const { shape, given } of walk(along(path.field, path.led), () => pace.size)) {
          const places = await pace.measure(() => step(shapes.slices(shape), given))
          ids.push(...places.map(({ id }) => id))
          if (ids.length > limits.sweep) return undefined
        }
        return sift(ids)
      }
      let swept: Promise<Position[] | undefined> | undefined

      return {
        /** The places of the first `limit` records past a position. */
        async places(travel: Direction, at: Position | undefined, limit: number) {
          const known = await few()
          if (known) return past(known, travel, at, limit)
          const found: Position[] = []
          let walked = 0
          const way = { sort, travel, at, led: own }
          for await (const { shape, given } of walk(way, () => pace.size)) {
            const places = await pace.measure(() => step(shapes.slices(shape), given))
            const sorted = places.toSorted(inOrder)
            found.push(...(travel === 'asc' ? sorted : sorted.toReversed()))
            if (found.length >= limit) break
            walked += given.slice
            const all = walked > limits.walk ? await (swept ??= sweep()) : undefined
            if (all) return past(all, travel, at, limit)
          }
          return found.slice(0, limit)
        },
        /** How many records the list has. */
        async count() {
          const led = fields.map((one) => leading(applied, one))
          const most = Math.max(...led.map(({ length }) => length))
          const isLed = most === applied.length
          const known = isLed ? undefined : await few()
          if (known) return known.length
          const best = led.findIndex(({ length }) => length === most)
          let count = 0
          const steps = walk(along(fields[best]!, led[best]!), () =>
            isLed ? limits.skip : pace.size,
          )
          for await (const { shape, given, isFull } of steps) {
            if (isLed && isFull) {
              count += given.slice
              continue
            }
            const [row] = await pace.measure(() => step(shapes.tallies(shape), given))
            count += row?.count ?? 0
          }
          return count
        },
      }
    },
  }
}

const along = (field: string, led: readonly string[]) =>
  ({ applied: [], sort: `${field}:asc`, travel: 'asc', part: 'all', led }) as const
