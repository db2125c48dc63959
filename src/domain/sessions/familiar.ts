import { createHash } from 'node:crypto'
import { and, eq, inArray, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Origin } from '../../base/actor.ts'
import type { Clock } from '../../base/clock.ts'
import { network } from '../../base/network.ts'

/** Devices and networks that an account keeps; the one that was seen least recently goes first. */
const MOST = 100

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
  const forgetSurplus = store.define('familiar_forget_surplus', (q) =>
    q.delete(t).where(
      inArray(
        t.digest,
        q
          .select({ digest: t.digest })
          .from(t)
          .where(eq(t.userId, $('userId')))
          .orderBy(sql`${t.lastSeenAt} desc`, t.digest)
          .limit(MOST)
          .offset(MOST),
      ),
    ),
  )
  const find = store.define('familiar_find', (q) =>
    q
      .select({ digest: t.digest })
      .from(t)
      .where(and(eq(t.digest, $('digest')), eq(t.userId, $('userId')))),
  )

  return {
    /** Whether somebody has logged in to the account from this network. */
    async knows(userId: number, ip: string): Promise<boolean> {
      return (
        (await store.read(find, { userId, digest: digestOf(userId, networkOf(ip)) })).length > 0
      )
    },

    /**
     * Remembers from where somebody logs in, for 180 days (see purge.ts).
     * @returns whether the device or the network is new to the account; the very first ones are not
     */
    *see(tx: Tx, userId: number, { ip, userAgent = '' }: Origin): Steps<boolean> {
      const now = clock.now()
      const [known] = yield* tx.run(some, { userId })
      let isNew = false
      // Of a device without the numbers: a browser that is brought up to date stays the same.
      for (const origin of [`device ${userAgent.replaceAll(/[\d.]+/g, '')}`, networkOf(ip)]) {
        const digest = digestOf(userId, origin)
        const [seen] = yield* tx.run(touch, { digest, now })
        if (seen) continue
        isNew = true
        yield* tx.run(insert, { digest, userId, now })
      }
      if (isNew) yield* tx.run(forgetSurplus, { userId })
      return isNew && known !== undefined
    },
  }
}
const networkOf = (ip: string) => `network ${network(ip)}`
const digestOf = (userId: number, origin: string) =>
  createHash('sha256').update(`${userId} ${origin}`).digest('base64url')

export type Familiar = ReturnType<typeof createFamiliar>
