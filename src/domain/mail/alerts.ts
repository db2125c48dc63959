import { eq } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Origin } from '../actor.ts'
import type { Clock } from '../clock.ts'
import type { Outbox } from './outbox.ts'

interface AlertsDeps {
  store: Store
  clock: Clock
  outbox: Outbox
}

/**
 * Tells people what happened to their accounts, at the address that the account had then: whoever takes an account over does not
 * keep that from its owner by another address.
 */
export function createAlerts({ store, clock, outbox }: AlertsDeps) {
  const { users } = store.tables
  const addressee = store.define('alert_addressee', (q) =>
    q
      .select({ email: users.email, verifiedAt: users.emailVerifiedAt })
      .from(users)
      .where(eq(users.id, $('userId'))),
  )

  function* tell(
    tx: Tx,
    userId: number,
    { what, to, ended }: { what: string; to: string; ended?: string | undefined },
  ): Steps<void> {
    const at = clock.now().toISOString()
    yield* outbox.enqueue(tx, { task: 'alert.change', userId, to, at, what, ended })
  }

  return {
    /**
     * @param what has changed, as the first words of a sentence: "The password"
     * @param ended what ended with it: "2 sessions, 1 API key"
     */
    *changed(tx: Tx, userId: number, what: string, ended?: string): Steps<void> {
      const [now] = yield* tx.run(addressee, { userId })
      if (now?.email) yield* tell(tx, userId, { what, to: now.email, ended })
    },
    /** Tells whoever reads an address that it is not the account's any more. */
    *addressGone(tx: Tx, userId: number, address: string): Steps<void> {
      yield* tell(tx, userId, { what: 'The email address', to: address })
    },
    /** Tells of a login from somewhere new. An address that nobody has confirmed may be a stranger's: it is not told where from. */
    *loggedIn(tx: Tx, userId: number, { ip, userAgent }: Origin): Steps<void> {
      const [now] = yield* tx.run(addressee, { userId })
      if (!now?.email || !now.verifiedAt) return
      const at = clock.now().toISOString()
      yield* outbox.enqueue(tx, { task: 'alert.login', userId, to: now.email, at, ip, userAgent })
    },
  }
}
export type Alerts = ReturnType<typeof createAlerts>
