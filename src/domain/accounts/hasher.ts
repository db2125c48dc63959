import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import { Overloaded } from '../../base/errors.ts'
import type { Scheme } from './foreign-hashes.ts'
import type { CompareTask, DigestTask, HashTask } from './hash-worker.ts'

/** The threads in which bcryptjs runs, never the event loop. One hasher may serve several backends. */
export interface Hasher {
  /** A bcrypt hash of `preHash` (at most 72 bytes; the rest would be ignored) with 2^`cost` rounds. Throws Overloaded. */
  hash(preHash: string, cost: number): Promise<string>
  /**
   * Whether `stored` was made of `preHash`. Takes the time of one hash of `cost` when `stored` is cheaper, malformed or absent,
   * so the time tells nothing. Throws Overloaded.
   */
  compare(preHash: string, stored: string | undefined, cost: number): Promise<boolean>
  /** What another program's scheme makes of a password. Takes the time of one hash of `cost` at least. Throws Overloaded. */
  digest(password: string, scheme: Scheme, cost: number): Promise<Uint8Array>
  /** Finishes what is running or waiting, then stops the threads; whoever comes later gets Overloaded. */
  close(): Promise<void>
}

interface Options {
  /** How many hashes run at once; one core is left to the event loop. */
  threads?: number
  /** How many more may wait. */
  queue?: number
  /** After how many milliseconds without work a thread stops and gives its memory back. */
  idle?: number
}

/** Starts no thread before the first hash: a server that only reads does not pay for them. */
export function createHasher({
  threads = Math.max(1, availableParallelism() - 1),
  queue = 8,
  idle = 30_000,
}: Options = {}): Hasher {
  const pool = new Piscina({
    filename: new URL('hash-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idle,
    stricterFIFO: true,
    recordTiming: false,
  })
  const underway = new Set<Promise<unknown>>()
  let closed = false

  // Counted here, because a pool that still starts its threads lets more wait, and its refusal is told by its wording only.
  async function run<T>(
    name: 'hash' | 'compare' | 'digest',
    task: HashTask | CompareTask | DigestTask,
  ): Promise<T> {
    if (closed || underway.size >= threads + queue) throw new Overloaded(1)
    const work: Promise<T> = pool.run(task, { name })
    underway.add(work)
    try {
      return await work
    } finally {
      underway.delete(work)
    }
  }

  return {
    hash: (preHash, cost) => run('hash', { preHash, cost }),
    compare: (preHash, stored, cost) => run('compare', { preHash, stored, cost }),
    digest: (password, scheme, cost) => run('digest', { password, scheme, cost }),
    async close() {
      closed = true
      await Promise.allSettled(underway)
      await pool.destroy()
    },
  }
}
