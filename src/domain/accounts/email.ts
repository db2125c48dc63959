import { and, eq, isNull, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Tx, violatedUnique } from '../../db/store.ts'
import type { Actor, Origin } from '../../base/actor.ts'
import { LinkInvalid } from '../../base/credential-errors.ts'
import { columnsOf, type Row } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { RateLimited } from '../../base/errors.ts'
import { isSameMailbox, mailboxOf } from './address.ts'
import { hasAddress, keysOf } from './email-keys.ts'

/** How an email address becomes an account's own: by a token that only whoever reads its mail has. */
export function createEmailConfirmation({
  store,
  clock,
  audit,
  outbox,
  alerts,
  budget,
  tokens,
}: AccountDeps) {
  const { users } = store.tables
  /** Reads the addresses of an account and keeps it as it is until the transaction ends: a lock on PostgreSQL. */
  const addresses = store.define('email_addresses', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('id')))
      .returning({
        email: users.email,
        pendingEmail: users.pendingEmail,
        verifiedAt: users.emailVerifiedAt,
      }),
  )
  /** Takes the address from who has it without having confirmed it. */
  const displace = store.define('email_displace', (q) =>
    q
      .update(users)
      .set({
        email: null,
        emailKey: null,
        pendingEmail: sql`coalesce(${users.pendingEmail}, ${users.email})`,
        revision: sql`${users.revision} + 1`,
        updatedAt: sql`${$('now', users.updatedAt)}`,
      })
      .where(
        and(
          hasAddress(users),
          ne(users.id, sql`${$('id', users.id)}`),
          isNull(users.emailVerifiedAt),
        ),
      ),
  )
  const confirm = store.define('email_confirm', (q) =>
    q
      .update(users)
      .set({
        email: sql`${$('email', users.email)}`,
        emailKey: sql`${$('key', users.emailKey)}`,
        pendingEmail: sql`nullif(${users.pendingEmail}, ${$('email', users.email)})`,
        emailVerifiedAt: sql`${$('now', users.emailVerifiedAt)}`,
        emailMustConfirm: false,
        undeliverableEmail: null,
        undeliverableReply: null,
        undeliverableAt: null,
        revision: sql`${users.revision} + 1`,
        updatedAt: sql`${$('now', users.updatedAt)}`,
      })
      .where(eq(users.id, $('id')))
      .returning(columnsOf(users)),
  )

  /**
   * Makes an address an account's own, and takes it from any other that has not confirmed it. A unique violation means that another has.
   */
  function* own(tx: Tx, id: number, email: string): Steps<Row> {
    const { key, spelled } = keysOf(email)
    const now = clock.now()
    yield* tx.run(displace, { key, spelled, id, now })
    const [owner] = yield* tx.run(confirm, { email, key, id, now })
    return owner!
  }

  return {
    own,
    /**
     * Confirms the address that a token was mailed to: it belongs to the account from now on, and to no other that has not confirmed
     * it.
     * @throws LinkInvalid when the token is none, was used, has expired, or the address is not wanted any more or another's
     */
    async verify(token: string, origin: Origin): Promise<void> {
      const { userId: id } = await tokens.look(token, 'email.verify')
      await store
        .transaction(function* (tx) {
          // The account first: a recovery that is underway ends the token, and what it would confirm.
          const [before] = yield* tx.run(addresses, { id })
          const { data: email = '' } = yield* tokens.redeem(tx, token, 'email.verify')
          if (!before || ![before.email, before.pendingEmail].includes(email))
            throw new LinkInvalid()
          yield* own(tx, id, email)
          // Whoever reads the old address should know that it is not the account's any more.
          if (
            before.email !== null &&
            !isSameMailbox(email, before.email) &&
            before.verifiedAt !== null
          )
            yield* alerts.addressGone(tx, id, before.email)
          yield* audit.within(tx, {
            action: 'email.verify',
            outcome: 'success',
            actorId: id,
            target: { type: 'user', id },
            origin,
          })
        })
        .catch((error: unknown) => {
          // Another account has confirmed it first.
          throw violatedUnique(error) === undefined ? error : new LinkInvalid()
        })
    },

    /**
     * Mails a new token to the address that is not confirmed yet. Does nothing when there is none.
     * @throws RateLimited while it is too soon for another mail to it
     */
    async resend({ id }: Actor): Promise<void> {
      const [now] = await store.read(addresses, { id })
      const email = now?.pendingEmail ?? (now?.verifiedAt === null ? now.email : null)
      if (!email) return
      const task = { task: 'email.verify' as const, userId: id, email }
      const mailbox = mailboxOf(email) ?? email
      const until = await budget.pausedUntil({ kind: task.task, userId: id, mailbox })
      if (until) {
        const seconds = Math.ceil((until.getTime() - clock.now().getTime()) / 1000)
        throw new RateLimited(Math.max(1, seconds), 'A mail has gone to this address just now')
      }
      await store.transaction((tx) => outbox.enqueue(tx, task))
    },
  }
}
