import { and, eq, sql } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import type { Origin } from '../../base/actor.ts'
import { LinkInvalid } from '../../base/credential-errors.ts'
import { toAccount, columnsOf } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { foldEmail } from './address.ts'
import { checkFields } from './fields.ts'

/** How somebody gets back in who has forgotten their password: by a token that is mailed to them. */
export function createPasswordReset(deps: AccountDeps) {
  const { store, clock, audit, recovery, passwords, policy, outbox, alerts, tokens } = deps
  const { users, totpFactors, recoveryCodes } = store.tables
  const byId = store.define('password_reset_account', (q) =>
    q
      .select(columnsOf(users))
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  const replace = store.define('password_reset', (q) =>
    q
      .update(users)
      .set({
        passwordHash: sql`${$('hash', users.passwordHash)}`,
        passwordSecret: sql`${$('secretId', users.passwordSecret)}`,
        passwordSet: true,
        passwordMustChange: false,
        emailMustConfirm: false,
        revision: sql`${users.revision} + 1`,
        updatedAt: sql`${$('now', users.updatedAt)}`,
      })
      .where(and(eq(users.id, $('id')), eq(users.email, $('email'))))
      .returning({ verifiedAt: users.emailVerifiedAt }),
  )
  const confirm = store.define('password_reset_confirm', (q) =>
    q
      .update(users)
      .set({ emailVerifiedAt: sql`${$('now', users.emailVerifiedAt)}` })
      .where(eq(users.id, $('id'))),
  )
  const secondFactor = [
    store.define('password_reset_factor', (q) =>
      q.delete(totpFactors).where(eq(totpFactors.userId, $('id'))),
    ),
    store.define('password_reset_codes', (q) =>
      q.delete(recoveryCodes).where(eq(recoveryCodes.userId, $('id'))),
    ),
  ]

  return {
    /**
     * Mails a token to whoever has this address. Known or not, the same is done here: one row of the outbox.
     * @throws ValidationFailed when nobody can have it
     */
    async forget(address: string): Promise<void> {
      const { email } = checkFields({ email: address })
      await store.transaction((tx) => outbox.enqueue(tx, { task: 'password.reset', email }))
    },

    /**
     * Sets a new password and ends all that somebody else may have set going. The address is confirmed by that. Where it was not before,
     * whoever made the account may be a stranger to it: their second factor goes as well.
     * @throws LinkInvalid, ValidationFailed with every rule that the password breaks (the token stays good), Overloaded
     */
    async reset(token: string, password: string, origin: Origin): Promise<void> {
      const { userId: id, data = '' } = await tokens.look(token, 'password.reset')
      const [row] = await store.read(byId, { id })
      if (!row) throw new LinkInvalid()
      const { username, email } = toAccount(row)
      // It was mailed to an address that is not the account's any more.
      if (email === undefined || foldEmail(email) !== foldEmail(data)) throw new LinkInvalid()
      checkFields({}, policy.check(password, { username, email }, '/new_password'))
      const { hash, secretId } = await passwords.hash(password)
      const now = clock.now()
      await store.transaction(function* (tx) {
        // The account first, as whatever ends or makes tokens does.
        const [changed] = yield* tx.run(replace, { id, email, hash, secretId, now })
        // The address is another by now.
        if (!changed) throw new LinkInvalid()
        yield* tokens.redeem(tx, token, 'password.reset')
        if (changed.verifiedAt === null) {
          yield* tx.run(confirm, { id, now })
          for (const drop of secondFactor) yield* tx.run(drop, { id })
        }
        const ended = yield* recovery.endAll(tx, id)
        yield* alerts.changed(tx, id, 'The password', ended)
        yield* audit.within(tx, {
          action: 'password.reset',
          outcome: 'success',
          actorId: id,
          target: { type: 'user', id },
          detail: ended,
          origin,
        })
      })
    },
  }
}
