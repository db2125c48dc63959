import { and, eq, isNull, ne, or, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Composed } from './task.ts'

interface StandingDeps {
  store: Store
  clock: Clock
  audit: Audit
}
export type Recipient = Pick<Composed, 'userId' | 'address'>

/** Whether mail reaches the addresses of accounts, as the mail server says: their owners and admins see it. */
export function createStanding({ store, clock, audit }: StandingDeps) {
  const { users } = store.tables
  const { undeliverableEmail, undeliverableReply, undeliverableAt } = users
  const isTheirs = or(
    eq(users.email, $('address', users.email)),
    eq(users.pendingEmail, $('address', users.pendingEmail)),
  )
  const changed = {
    revision: sql`${users.revision} + 1`,
    updatedAt: sql`${$('now', users.updatedAt)}`,
  }
  /** What is known already changes nothing: others can have an address mailed, and an entity tag is the owner's. */
  const mark = store.define('standing_mark', (q) =>
    q
      .update(users)
      .set({
        undeliverableEmail: sql`${$('address', undeliverableEmail)}`,
        undeliverableReply: sql`${$('reply', undeliverableReply)}`,
        undeliverableAt: sql`${$('now', undeliverableAt)}`,
        ...changed,
      })
      .where(
        and(
          eq(users.id, $('userId')),
          isTheirs,
          or(
            isNull(undeliverableEmail),
            ne(undeliverableEmail, $('address', undeliverableEmail)),
            ne(undeliverableReply, $('reply', undeliverableReply)),
          ),
        ),
      )
      .returning({ id: users.id }),
  )
  const clear = store.define('standing_clear', (q) =>
    q
      .update(users)
      .set({
        undeliverableEmail: null,
        undeliverableReply: null,
        undeliverableAt: null,
        ...changed,
      })
      .where(
        and(eq(users.id, $('userId')), eq(undeliverableEmail, $('address', undeliverableEmail))),
      ),
  )

  return {
    /** The mail server will never take a mail to this address. Nothing happens when it is not the account's (any more). */
    *refused(tx: Tx, { userId, address }: Recipient, reply: string): Steps<void> {
      if (userId === undefined) return
      const [marked] = yield* tx.run(mark, { userId, address, reply, now: clock.now() })
      if (marked)
        yield* audit.within(tx, {
          action: 'email.undeliverable',
          outcome: 'failure',
          target: { type: 'user', id: userId },
        })
    },
    /** The mail server took a mail to this address. */
    *accepted(tx: Tx, { userId, address }: Recipient): Steps<void> {
      if (userId !== undefined) yield* tx.run(clear, { userId, address, now: clock.now() })
    },
  }
}
export type Standing = ReturnType<typeof createStanding>
