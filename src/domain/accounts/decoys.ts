import { asc, count, sql } from '../../db/drizzle.ts'
import type { Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../secrets.ts'

/** Seconds for which the share of foreign hashes is taken to stay as it is. */
const FRESH = 60

interface DecoyDeps {
  store: Store
  clock: Clock
  secrets: Secrets
}

/**
 * What a password for a name that nobody has is checked against. As long as there are accounts whose hash another program made, which takes
 * its own time, the same share of the names that nobody has takes that time too: neither time tells whether there is an account.
 */
export function createDecoys({ store, clock, secrets }: DecoyDeps) {
  const { users } = store.tables
  /** In the words of the partial index. */
  const isForeign = sql`password_hash like '$foreign-%'`
  const sample = store.define('decoy_sample', (q) =>
    q
      .select({ hash: users.passwordHash })
      .from(users)
      .where(isForeign)
      .orderBy(asc(users.id))
      .limit(1),
  )
  const foreign = store.define('decoy_foreign', (q) =>
    q.select({ count: count() }).from(users).where(isForeign),
  )
  const all = store.define('decoy_all', (q) => q.select({ count: count() }).from(users))
  let known = { hash: undefined as string | undefined, share: 0, until: new Date(0) }

  async function look() {
    const now = clock.now()
    if (now < known.until) return known
    const until = new Date(now.getTime() + FRESH * 1000)
    const [row] = await store.read(sample)
    // Nearly always: then there is nothing to count.
    if (!row) return (known = { hash: undefined, share: 0, until })
    const [some] = await store.read(foreign)
    const [every] = await store.read(all)
    const share = (some?.count ?? 0) / Math.max(1, every?.count ?? 1)
    return (known = { hash: row.hash, share, until })
  }

  /** @param name folded @returns a stored hash, or undefined for one of our own kind; the same for a name each time */
  return async function decoyFor(name: string): Promise<string | undefined> {
    const { hash, share } = await look()
    if (hash === undefined) return undefined
    const mac = Buffer.from(secrets.mac('decoy', name).split('.')[1] ?? '', 'base64url')
    return mac.readUInt32BE() / 2 ** 32 < share ? hash : undefined
  }
}
export type DecoyFor = ReturnType<typeof createDecoys>
