import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of the event loop that long work takes before others have their turn. */
const SLICE = 5

/** For work that never waits by itself: awaited between its parts, it lets others in when it has had its share. */
export function inTurns(slice: number = SLICE): () => Promise<void> | undefined {
  let started = performance.now()
  return () => {
    if (performance.now() - started < slice) return undefined
    return nextTurn().then(() => {
      started = performance.now()
    })
  }
}
