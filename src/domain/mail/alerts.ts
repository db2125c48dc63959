import { eq } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Origin } from '../../base/actor.ts'
import type { Clock } from '../../base/clock.ts'
import type { Outbox } from './outbox.ts'
import type { Notice } from './task.ts'

interface AlertsDeps {
  store: Store
  clock: Clock
  outbox: Outbox
}

/**
 * Tells people what happened to their accounts, at the address that the account had then: whoever takes an account over does not
 * keep that from its owner by another address. One that nobody has confirmed may be a stranger's, and is told nothing.
 */
export function createAlerts({ store, clock, outbox }: AlertsDeps) {
  const { users } = store.tables
  const addressee = store.define('alert_addressee', (q) =>
    q
      .select({ email: users.email, verifiedAt: users.emailVerifiedAt })
      .from(users)
      .where(eq(users.id, $('userId'))),
  )

  /** The confirmed address of an account, and the time. */
  function* told(tx: Tx, userId: number) {
    const [now] = yield* tx.run(addressee, { userId })
    return now?.email && now.verifiedAt
      ? { userId, to: now.email, at: clock.now().toISOString() }
      : undefined
  }

  return {
    /**
     * @param what has changed, as the first words of a sentence: "The password"
     * @param ended what ended with it: "2 sessions, 1 API key"
     */
    *changed(tx: Tx, userId: number, what: string, ended?: string): Steps<void> {
      const whom = yield* told(tx, userId)
      if (whom) yield* outbox.enqueue(tx, { task: 'alert.change', ...whom, what, ended })
    },
    /** Tells of what was asked for, or tried, before it has changed anything. */
    *noticed(tx: Tx, userId: number, what: Notice): Steps<void> {
      const whom = yield* told(tx, userId)
      if (whom) yield* outbox.enqueue(tx, { task: 'alert.notice', ...whom, what })
    },
    /** Tells whoever reads an address, which was confirmed, that it is not the account's any more. */
    *addressGone(tx: Tx, userId: number, to: string): Steps<void> {
      const at = clock.now().toISOString()
      yield* outbox.enqueue(tx, {
        task: 'alert.change',
        userId,
        to,
        at,
        what: 'The email address',
      })
    },
    /** Tells of a login from somewhere new. */
    *loggedIn(tx: Tx, userId: number, { ip, userAgent }: Origin): Steps<void> {
      const whom = yield* told(tx, userId)
      if (whom) yield* outbox.enqueue(tx, { task: 'alert.login', ...whom, ip, userAgent })
    },
  }
}
export type Alerts = ReturnType<typeof createAlerts>
