/** Lets pieces of work wait for one another, in the order in which they came. */
export function oneByOne() {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run<T>(work: () => Promise<T>): Promise<T> {
      const done = last.then(work)
      last = done.catch(() => undefined)
      return done
    },
    /** When everything that has come so far is done. */
    idle: () => last,
  }
}
