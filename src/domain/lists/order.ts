import type { Position } from './cursors.ts'
import type { Direction } from './declaration.ts'

/** Compares places as both engines do: texts by their code points, and by id where the keys are the same. */
export function inOrder(a: Position, b: Position): number {
  if (typeof a.key === 'string' && typeof b.key === 'string')
    // UTF-16 has other places for what lies beyond 16 bits.
    return (
      (a.key === b.key ? 0 : Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))) || a.id - b.id
    )
  return Number(a.key) - Number(b.key) || a.id - b.id
}

/** The first places past one in a direction, of places in ascending order. */
export function past(
  places: readonly Position[],
  travel: Direction,
  at: Position | undefined,
  limit: number,
): Position[] {
  const sign = travel === 'asc' ? 1 : -1
  const ahead = travel === 'asc' ? places : places.toReversed()
  const from = at ? ahead.findIndex((place) => sign * inOrder(place, at) > 0) : 0
  return from === -1 ? [] : ahead.slice(from, from + limit)
}
