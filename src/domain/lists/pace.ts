/** How much of a long read there is to each of its parts. */
export interface Limits {
  /** Records that may be read one by one to find those of a page, where an index leads to them. */
  few: number
  /** Records of the first step, and the fewest of one; else as many as take a few milliseconds. */
  step: number
  /** Records of a step that reads no more than an index. */
  skip: number
  /** Records that are walked along a sort before another way is tried. */
  walk: number
  /** Records that pass which are gathered and sorted, and those that an index leads to which is walked along for it. */
  sweep: number
  /** Milliseconds after which a read is given up, as PostgreSQL gives up a statement. */
  patience: number
}
export const LIMITS: Limits = {
  few: 2000,
  step: 128,
  skip: 20_000,
  walk: 20_000,
  sweep: 100_000,
  patience: 10_000,
}
/** Milliseconds of a step, and the most records that it has. */
const STEP_MS = 3
const LONGEST_STEP = 8192

/**
 * How many records may be read at once when words are looked for in their texts: each may have 1 MB, which takes some milliseconds to read
 * and one or two for each word.
 */
export const mostSearched = (words: number): number => Math.ceil(60 / (5 + words))

/**
 * How many records a step has, so that it takes about as long as it may.
 * @param step of the first, and the fewest
 * @param most where each record may take so long that no step of many can be tried: then one may be the fewest
 */
export function createPace(step: number, most = LONGEST_STEP) {
  const fewest = most < step ? 1 : step
  let size = Math.min(step, most)
  return {
    get size() {
      return size
    },
    async measure<T>(work: () => Promise<T>): Promise<T> {
      const started = performance.now()
      const value = await work()
      const taken = performance.now() - started
      if (taken < STEP_MS / 2) size = Math.min(size * 2, most)
      // It may have waited for its turn: that tells nothing.
      else if (taken > STEP_MS) size = Math.max(Math.ceil(size / 2), fewest)
      return value
    },
  }
}
