import { eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { OtpIncorrect, PasswordIncorrect } from '../access-errors.ts'
import type { Actor } from '../actor.ts'
import type { Action, Audit } from '../audit.ts'
import { PasswordAbsent } from '../credential-errors.ts'
import type { Attempts } from '../sessions/attempts.ts'
import type { Passwords } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'

interface ConfirmationDeps {
  store: Store
  audit: Audit
  passwords: Passwords
  attempts: Attempts
  secondFactor: SecondFactor
}

/** Lets someone who is logged in show that they still are who they were. A wrong password counts as a failed login. */
export function createConfirmation({
  store,
  audit,
  passwords,
  attempts,
  secondFactor,
}: ConfirmationDeps) {
  const { users } = store.tables
  const secret = store.define('confirmation_secret', (q) =>
    q
      .select({ passwordHash: users.passwordHash, passwordSet: users.passwordSet })
      .from(users)
      .where(eq(users.id, $('id'))),
  )

  async function failed({ id, origin }: Actor, action: Action) {
    const target = { type: 'user', id }
    await audit.record({ action, outcome: 'failure', actorId: id, target, origin })
  }

  return {
    /**
     * @param action what it was for, in the audit trail of a failure
     * @returns the stored hash that the password was checked against
     * @throws PasswordAbsent when there is none that anybody knows, PasswordIncorrect, TooManyAttempts, Overloaded
     */
    async password(actor: Actor, password: string, action: Action): Promise<string> {
      const { id, origin } = actor
      const [account] = await store.read(secret, { id })
      if (account?.passwordSet === false) throw new PasswordAbsent()
      const hash = await attempts.guess({ by: 'username', id }, origin, async () => {
        const [user] = await store.read(secret, { id })
        const { ok } = await passwords.verify(password, user?.passwordHash)
        return ok ? user?.passwordHash : undefined
      })
      if (hash !== undefined) return hash
      await failed(actor, action)
      throw new PasswordIncorrect()
    },

    /** Spends a one-time password of the second factor, or a recovery code. @throws OtpIncorrect, TooManyAttempts */
    async otp(actor: Actor, otp: string, action: Action): Promise<void> {
      const { id, origin } = actor
      const spent = await attempts.guess({ by: 'username', id }, origin, async () => {
        const spend = await secondFactor.look(id, otp)
        return spend && ((await store.transaction(spend)) || undefined)
      })
      if (spent) return
      await failed(actor, action)
      throw new OtpIncorrect()
    },
  }
}
export type Confirmation = ReturnType<typeof createConfirmation>
