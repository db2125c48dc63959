import type { Cursors, Position } from './cursors.ts'
import { DEFAULT_LIMIT, type Direction, type Page, type Window } from './declaration.ts'

/** A record with its place in the list. */
export interface Found<R> extends Position {
  /** Absent when it went between finding and reading it. */
  record: R | undefined
}

export interface Turn<R> {
  cursors: Cursors
  /** Everything that a cursor of this list is bound to. */
  list: string
  window: Window
  /** The direction in which the list is sorted. */
  direction: Direction
  /** The first `limit` records past a place in this direction, or of the whole list. The one at the place may come before them. */
  read(direction: Direction, at: Position | undefined, limit: number): Promise<Array<Found<R>>>
  /** Where the whole list begins in this direction. */
  edge(direction: Direction): Promise<Position | undefined>
}

/**
 * Reads one page and finds out whether there are others. A page that a cursor leads to is read in the direction of the cursor; what
 * lies behind it is told by the edge of the list that it came from.
 * @throws CursorMismatch
 */
export async function turnTo<R>({ cursors, list, window, direction, read, edge }: Turn<R>) {
  const { limit = DEFAULT_LIMIT, cursor } = window
  const from = cursor === undefined ? undefined : cursors.open(list, cursor)
  const backwards = from?.towards === 'prev'
  const travel = backwards ? opposite(direction) : direction
  const found = await read(travel, from?.at, limit + 2)
  // The record that the cursor was made of is on the page that it leads on from: while it is there, that page is.
  const isThere = from !== undefined && found[0] !== undefined && isAt(found[0], from.at)
  if (isThere) found.shift()
  const start = from && !isThere ? await edge(travel) : undefined
  const page = found.slice(0, limit)
  const [first] = page
  const onward = found.length > limit ? page.at(-1) : undefined
  const isBehind = isThere || (start !== undefined && start.id !== first?.id)
  const behind = from && isBehind ? (first ?? including(from.at, travel)) : undefined
  const seal = (towards: 'next' | 'prev', at: Position | undefined) =>
    at && cursors.seal(list, { towards, at })
  const records = page.flatMap(({ record }) => (record === undefined ? [] : [record]))
  return {
    records: backwards ? records.toReversed() : records,
    limit,
    next: seal('next', backwards ? behind : onward),
    prev: seal('prev', backwards ? onward : behind),
  } satisfies Page<R>
}

export const opposite = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc')

/** A moment is text in a cursor. */
const isAt = (found: Position, { key, id }: Position) =>
  found.id === id && (found.key instanceof Date ? found.key.toJSON() : found.key) === key

/** The place past a record, for who comes back: everything that followed it is gone, it may still be there. */
const including = ({ key, id }: Position, travel: Direction): Position => ({
  key,
  id: travel === 'asc' ? id + 1 : id - 1,
})
