import { createHash } from 'node:crypto'
import { eq, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Origin } from '../actor.ts'
import type { Clock } from '../clock.ts'
import { network } from '../network.ts'

/** Knows from where an account is used: devices by what they call themselves, and networks. As digests: nothing can be read back. */
export function createFamiliar({ store, clock }: { store: Store; clock: Clock }) {
  const { familiarOrigins: t } = store.tables
  const some = store.define('familiar_some', (q) =>
    q
      .select({ digest: t.digest })
      .from(t)
      .where(eq(t.userId, $('userId')))
      .limit(1),
  )
  const touch = store.define('familiar_touch', (q) =>
    q
      .update(t)
      .set({ lastSeenAt: sql`${$('now', t.lastSeenAt)}` })
      .where(eq(t.digest, $('digest')))
      .returning({ digest: t.digest }),
  )
  const insert = store.define('familiar_insert', (q) =>
    q
      .insert(t)
      .values({ digest: $('digest'), userId: sql`${$('userId')}`, lastSeenAt: $('now') })
      .onConflictDoNothing(),
  )

  return {
    /**
     * Remembers from where somebody logs in, for 180 days (see purge.ts).
     * @returns whether the device or the network is new to the account; the very first ones are not
     */
    *see(tx: Tx, userId: number, { ip, userAgent = '' }: Origin): Steps<boolean> {
      const now = clock.now()
      const [known] = yield* tx.run(some, { userId })
      let isNew = false
      // Of a device without the numbers: a browser that is brought up to date stays the same.
      for (const origin of [
        `device ${userAgent.replaceAll(/[\d.]+/g, '')}`,
        `network ${network(ip)}`,
      ]) {
        const digest = createHash('sha256').update(`${userId} ${origin}`).digest('base64url')
        const [seen] = yield* tx.run(touch, { digest, now })
        if (seen) continue
        isNew = true
        yield* tx.run(insert, { digest, userId, now })
      }
      return isNew && known !== undefined
    },
  }
}
export type Familiar = ReturnType<typeof createFamiliar>
