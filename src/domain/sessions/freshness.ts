import { and, eq, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { FreshLoginRequired, InsufficientScope } from '../../base/access-errors.ts'
import type { Presence } from '../../base/actor.ts'

/** Milliseconds after someone showed who they are in which their session is fresh. Refreshing does not renew it. */
const FRESH = 15 * 60_000

/**
 * Why somebody may not do what takes a fresh session; undefined when they may. A key is nobody's session, and never fresh.
 * @param what keys are told that they cannot do
 */
export function staleness(
  { type, authenticatedAt = 0 }: Presence,
  now: Date,
  what = 'do this',
): Error | undefined {
  if (type === 'key') return new InsufficientScope(`API keys cannot ${what}`)
  return now.getTime() - authenticatedAt > FRESH ? new FreshLoginRequired() : undefined
}

/** How sessions lose their freshness before its time. */
export function createFreshness({ store }: { store: Store }) {
  const { sessions } = store.tables
  const endOthers = store.define('freshness_end_others', (q) =>
    q
      .update(sessions)
      .set({ authenticatedAt: sql`${$('never', sessions.authenticatedAt)}` })
      .where(and(eq(sessions.userId, $('userId')), ne(sessions.id, $('sessionId')))),
  )

  return {
    /** Of all sessions of a user but one: theirs have shown less than is asked for from now on. */
    *endOthers(tx: Tx, userId: number, sessionId: string): Steps<void> {
      yield* tx.run(endOthers, { userId, sessionId, never: new Date(0) })
    },
  }
}
