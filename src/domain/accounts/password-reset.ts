import { eq, sql } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import type { Origin } from '../actor.ts'
import { LinkInvalid } from '../credential-errors.ts'
import { toAccount, columnsOf } from './account.ts'
import type { AccountDeps } from './accounts.ts'
import { checkFields } from './fields.ts'

/** How somebody gets back in who has forgotten their password: by a token that is mailed to them. */
export function createPasswordReset(deps: AccountDeps) {
  const { store, clock, audit, sessions, passwords, policy, outbox, tokens } = deps
  const { users } = store.tables
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
        revision: sql`${users.revision} + 1`,
        updatedAt: sql`${$('now', users.updatedAt)}`,
      })
      .where(eq(users.id, $('id'))),
  )

  return {
    /** Mails a token to whoever has this address. Known or not, the same is done here: one row of the outbox. */
    async forget(email: string): Promise<void> {
      await store.transaction((tx) => outbox.enqueue(tx, { task: 'password.reset', email }))
    },

    /**
     * Sets a new password and ends all sessions.
     * @throws LinkInvalid, ValidationFailed with every rule that the password breaks (the token stays good), Overloaded
     */
    async reset(token: string, password: string, origin: Origin): Promise<void> {
      const { userId: id } = await tokens.look(token, 'password.reset')
      const [row] = await store.read(byId, { id })
      if (!row) throw new LinkInvalid()
      const { username, email } = toAccount(row)
      checkFields({}, policy.check(password, { username, email }, '/new_password'))
      const { hash, secretId } = await passwords.hash(password)
      const now = clock.now()
      await store.transaction(function* (tx) {
        yield* tokens.redeem(tx, token, 'password.reset')
        yield* tx.run(replace, { id, hash, secretId, now })
        yield* sessions.endAll(tx, id)
        yield* outbox.enqueue(tx, {
          task: 'alert.change',
          userId: id,
          at: now.toISOString(),
          what: 'The password',
        })
        yield* audit.within(tx, {
          action: 'password.reset',
          outcome: 'success',
          actorId: id,
          target: { type: 'user', id },
          origin,
        })
      })
    },
  }
}
