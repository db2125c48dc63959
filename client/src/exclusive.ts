export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Work of which one is done at a time: by this client, and where there are Web Locks, among all of a browser, or of a process, that name
 * the same lock.
 */
export function createExclusive(name: string | undefined): Exclusive {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    // Web Locks are for secure contexts, and Node has them since version 24.
    const locks = globalThis.navigator?.locks
    const locked = async (): Promise<T> =>
      name !== undefined && locks ? await locks.request(name, work) : work()
    const done = last.then(locked)
    last = done.catch(() => undefined)
    return done
  }
}
