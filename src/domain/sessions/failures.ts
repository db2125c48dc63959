import { createHash } from 'node:crypto'
import { and, eq, inArray, lte, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'

/** Under which keys the failures of a guess are counted. */
export interface FailureKeys {
  account: string
  address: string
  /** Of a site: its own guess. */
  turn: string
  device: string
}

/** Failures by key: how many, and until when the next try has to wait. */
export function createFailures({ store, clock }: { store: Store; clock: Clock }) {
  const { loginFailures: t } = store.tables
  const ours = inArray(t.key, [$('account'), $('address'), $('turn'), $('device')])
  const find = store.define('attempts_find', (q) => q.select().from(t).where(ours))
  const take = store.define('attempts_take', (q) =>
    q
      .update(t)
      .set({
        failures: sql`${t.failures} + 1`,
        notBefore: sql`${$('next', t.notBefore)}`,
        lastFailureAt: sql`${$('now', t.lastFailureAt)}`,
      })
      .where(and(eq(t.key, $('key')), lte(t.notBefore, $('now', t.notBefore))))
      .returning({ key: t.key }),
  )
  const giveBack = store.define('attempts_give_back', (q) =>
    q
      .update(t)
      .set({ failures: sql`${t.failures} - 1`, notBefore: sql`${$('now', t.notBefore)}` })
      .where(eq(t.key, $('key'))),
  )
  const count = store.define('attempts_count', (q) =>
    q
      .insert(t)
      .values({ key: $('key'), failures: 1, notBefore: $('now'), lastFailureAt: $('now') })
      .onConflictDoUpdate({
        target: t.key,
        set: {
          failures: sql`${t.failures} + 1`,
          lastFailureAt: sql`${$('now', t.lastFailureAt)}`,
        },
      })
      .returning({ failures: t.failures }),
  )
  const hold = store.define('attempts_hold', (q) =>
    q
      .update(t)
      .set({ notBefore: sql`${$('until', t.notBefore)}` })
      .where(eq(t.key, $('key'))),
  )
  const forget = store.define('attempts_forget', (q) => q.delete(t).where(ours))
  const spend = store.define('attempts_spend', (q) =>
    q
      .insert(t)
      .values({ key: $('key'), failures: 1, notBefore: $('now'), lastFailureAt: $('now') })
      .onConflictDoUpdate({
        target: t.key,
        set: { failures: 1, lastFailureAt: sql`${$('now', t.lastFailureAt)}` },
        // It was given back.
        setWhere: eq(t.failures, 0),
      })
      .returning({ key: t.key }),
  )

  return {
    find: (keys: FailureKeys) => store.read(find, { ...keys }),
    /** Counts a failure before it has happened, if the wait is over. Of many at once one gets it. */
    async take(key: string, next: Date): Promise<boolean> {
      return (await store.write(take, { key, next, now: clock.now() })).length > 0
    },
    giveBack: (key: string) => store.write(giveBack, { key, now: clock.now() }),
    /** @returns how many there are now */
    async count(key: string): Promise<number> {
      const [row] = await store.write(count, { key, now: clock.now() })
      return row?.failures ?? 0
    },
    /** The same within a transaction. @param waitOf until when the next has to wait, by how many there are */
    *countWithin(tx: Tx, key: string, waitOf: (failures: number) => Date | undefined): Steps<void> {
      const [row] = yield* tx.run(count, { key, now: clock.now() })
      const until = waitOf(row?.failures ?? 0)
      if (until) yield* tx.run(hold, { key, until })
    },
    forget: (keys: FailureKeys) => store.write(forget, { ...keys }),
    /** Takes what is good once, until it is forgotten. Of many at once one gets it. */
    async spend(key: string): Promise<boolean> {
      return (await store.write(spend, { key, now: clock.now() })).length > 0
    },
  }
}

export const digest = (...parts: string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url')
