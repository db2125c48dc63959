import { and, eq, sql } from '../db/drizzle.ts'
import { $, type Store } from '../db/store.ts'
import type { Clock } from '../base/clock.ts'
import type { Ids } from '../base/ids.ts'

interface Deps {
  store: Store
  clock: Clock
  ids: Ids
}
/** Renews the lease. False when it is another's meanwhile, or when this process is closing: then the work is to stop. */
export type Renew = () => Promise<boolean>

/**
 * What one process of many does at a time. Whoever does it has a lease in the database and renews it at each step; the lease of one that has
 * died runs out. The clocks of two processes may differ by as long as a lease lasts: one that ends later than that was made by a clock that
 * has been set back since, and is free.
 */
export function createLeases({ store, clock, ids }: Deps) {
  const { leases } = store.tables
  const holder = ids.next()
  const until = (name: string) => $(name, leases.until)
  const take = store.define('lease_take', (q) =>
    q
      .insert(leases)
      .values({ name: $('name'), holder, until: $('until') })
      .onConflictDoUpdate({
        target: leases.name,
        set: { holder, until: sql`${until('until')}` },
        setWhere: sql`${leases.until} < ${until('now')} or ${leases.until} > ${until('latest')} or ${leases.holder} = ${holder}`,
      })
      .returning({ holder: leases.holder }),
  )
  const release = store.define('lease_release', (q) =>
    q.delete(leases).where(and(eq(leases.name, $('name')), eq(leases.holder, holder))),
  )
  const running = new Map<string, Promise<unknown>>()
  /** Taken, and not given back: those of work that failed, too. */
  const held = new Set<string>()
  let isClosing = false

  /** Unless it is another's meanwhile. */
  async function giveBack(name: string) {
    await store.write(release, { name })
    held.delete(name)
  }

  return {
    /**
     * Does some work unless another process is at it, or this one. Work that fails keeps the lease until it runs out: the next try is not at once.
     * @param seconds how long the lease lasts: longer than a step of the work
     * @returns what the work returns, or undefined when somebody is at it
     */
    async alone<T>(name: string, seconds: number, work: (renew: Renew) => Promise<T>) {
      const renew = async () => {
        if (isClosing) return false
        const now = clock.now()
        const after = (times: number) => new Date(now.getTime() + times * seconds * 1000)
        const taken = await store.write(take, { name, now, until: after(1), latest: after(2) })
        if (taken.length > 0) held.add(name)
        return taken.length > 0
      }
      const run = async () => {
        if (!(await renew())) return undefined
        const result = await work(renew)
        await giveBack(name)
        return result
      }
      if (running.has(name)) return undefined
      const done = run().finally(() => running.delete(name))
      running.set(name, done)
      return done
    },
    /** Lets no work begin or go on, waits for the steps that are underway, and hands over: what cannot be given back runs out. */
    async close(): Promise<void> {
      isClosing = true
      await Promise.allSettled(running.values())
      await Promise.allSettled([...held].map(giveBack))
    },
  }
}
export type Leases = ReturnType<typeof createLeases>
