import { eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { PasswordIncorrect } from '../access-errors.ts'
import type { Actor } from '../actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Attempts } from '../sessions/attempts.ts'
import type { Passwords } from './passwords.ts'

interface ConfirmationDeps {
  store: Store
  audit: Audit
  passwords: Passwords
  attempts: Attempts
}

/** Lets someone who is logged in show that they still are who they were. A wrong password counts as a failed login. */
export function createConfirmation({ store, audit, passwords, attempts }: ConfirmationDeps) {
  const { users } = store.tables
  const secret = store.define('confirmation_secret', (q) =>
    q
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(eq(users.id, $('id'))),
  )

  /**
   * @param action what it was for, in the audit trail of a failure
   * @returns the stored hash that the password was checked against
   * @throws PasswordIncorrect, TooManyAttempts, Overloaded
   */
  return async function confirm(actor: Actor, password: string, action: Action): Promise<string> {
    const { id, origin } = actor
    const hash = await attempts.guess({ by: 'username', id }, origin.ip, async () => {
      const [user] = await store.read(secret, { id })
      const { ok } = await passwords.verify(password, user?.passwordHash)
      return ok ? user?.passwordHash : undefined
    })
    if (hash !== undefined) return hash
    const target = { type: 'user', id }
    await audit.record({ action, outcome: 'failure', actorId: id, target, origin })
    throw new PasswordIncorrect()
  }
}
export type Confirmation = ReturnType<typeof createConfirmation>
