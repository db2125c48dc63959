import { eq, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Account } from './account.ts'
import type { Confirmation } from './confirmation.ts'
import { violation } from '../../base/text-rules.ts'
import { checkFields } from './fields.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import type { Recovery } from './recovery.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
  /** Of the second factor, where there is one. */
  otp?: string | undefined
  /** Whether the API keys end as well. */
  endsKeys?: boolean
}
interface PasswordChangeDeps {
  store: Store
  clock: Clock
  audit: Audit
  passwords: Passwords
  policy: PasswordPolicy
  recovery: Recovery
  confirm: Confirmation
  alerts: Alerts
  find: (id: number) => Promise<Account>
}

const SAME = violation('/new_password', 'same_as_before', 'must be another than before')

/** How a user changes their own password (NIST SP 800-63B-4, section 3.1.1). */
export function createPasswordChange({
  store,
  clock,
  audit,
  passwords,
  policy,
  recovery,
  confirm,
  alerts,
  find,
}: PasswordChangeDeps) {
  const { users } = store.tables
  const replace = store.define('password_change', (q) =>
    q
      .update(users)
      .set({
        passwordHash: sql`${$('hash', users.passwordHash)}`,
        passwordSecret: sql`${$('secretId', users.passwordSecret)}`,
        passwordMustChange: false,
        revision: sql`${users.revision} + 1`,
        updatedAt: sql`${$('now', users.updatedAt)}`,
      })
      .where(eq(users.id, $('id'))),
  )

  /**
   * Sets a new password and ends all sessions but the actor's, what waits to be confirmed and every link, in one transaction. Asks for what
   * a login asks for; what is wrong of it counts as a failed login.
   * @throws ValidationFailed with every rule that the new one breaks, and what `Confirmation` throws
   */
  return async function changePassword(
    actor: Actor,
    { currentPassword, newPassword, otp, endsKeys = false }: PasswordChange,
  ): Promise<void> {
    const { id, origin } = actor
    const { username, email, pendingEmail } = await find(id)
    const owner = { username, email: email ?? pendingEmail }
    const isSame = newPassword === currentPassword
    checkFields({}, [
      ...policy.check(newPassword, owner, '/new_password'),
      ...(isSame ? [SAME] : []),
    ])
    const settle = await confirm(actor, { password: currentPassword, otp }, 'password.change')
    const { hash, secretId } = await passwords.hash(newPassword)
    await store.transaction(function* (tx) {
      yield* settle(tx)
      yield* tx.run(replace, { id, hash, secretId, now: clock.now() })
      const { sessionId } = actor
      const ended = yield* recovery.endOthers(tx, id, { sessionId, apiKeys: endsKeys })
      const target = { type: 'user', id }
      yield* audit.within(tx, {
        action: 'password.change',
        outcome: 'success',
        actorId: id,
        target,
        detail: ended,
        origin,
      })
      yield* alerts.changed(tx, id, 'The password', ended)
    })
  }
}
