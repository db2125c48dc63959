import { Overloaded } from '../../base/errors.ts'

/** Milliseconds of each turn of the event loop that all long reads together may take, but for the last of their steps. */
const SHARE = 5
/** Long reads that may wait for a turn. */
const WAITING = 200

/**
 * Where the engine works inside this process, long reads come in small steps. However many there are, in each turn of the event loop
 * they have their share together, and then everything else has its turn.
 */
export function createLane(share: number = SHARE, waiting: number = WAITING) {
  let spent = 0
  let isScheduled = false
  let queue: Array<() => void> = []

  function turn() {
    isScheduled = false
    spent = 0
    const woken = queue
    queue = []
    for (const wake of woken) wake()
  }

  /** Runs one step as soon as it is its turn. @throws Overloaded when too many wait. */
  return async function step<T>(work: () => T): Promise<T> {
    for (;;) {
      if (spent <= share) break
      if (queue.length >= waiting) throw new Overloaded()
      await new Promise<void>((resolve) => queue.push(resolve))
    }
    const started = performance.now()
    try {
      return work()
    } finally {
      spent += performance.now() - started
      if (!isScheduled) {
        isScheduled = true
        setImmediate(turn)
      }
    }
  }
}
