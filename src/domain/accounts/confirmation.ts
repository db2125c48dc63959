import { eq, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import {
  OtpIncorrect,
  OtpRequired,
  PasswordIncorrect,
  TokenRevoked,
} from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import type { Action, Audit } from '../audit.ts'
import { PasswordAbsent } from '../../base/credential-errors.ts'
import type { Alerts } from '../mail/alerts.ts'
import { CODE_WRONG } from '../mail/task.ts'
import type { Attempts } from '../sessions/attempts.ts'
import type { Passwords } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'

interface ConfirmationDeps {
  store: Store
  audit: Audit
  alerts: Alerts
  passwords: Passwords
  attempts: Attempts
  secondFactor: SecondFactor
}

/** What people show who they are with, as at a login. */
export interface Proof {
  password: string
  /** Of the second factor, where there is one. */
  otp?: string | undefined
}
/**
 * The first step of the transaction of what was confirmed: spends the code, and keeps the account as it is until the end.
 * @throws PasswordIncorrect, OtpRequired, OtpIncorrect when what was shown is not enough any more; TokenRevoked without the account
 */
export type Settle = (tx: Tx) => Steps<void>

/** Lets someone who is logged in show that they still are who they were. What is wrong counts as a failed login. */
export function createConfirmation({
  store,
  audit,
  alerts,
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
  /** A lock on PostgreSQL: neither the password nor the factor changes until the transaction ends. */
  const hold = store.define('confirmation_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('id')))
      .returning({ passwordHash: users.passwordHash }),
  )

  async function failed({ id, origin }: Actor, action: Action) {
    const target = { type: 'user', id }
    await audit.record({ action, outcome: 'failure', actorId: id, target, origin })
  }

  /**
   * Asks for all that a login would: the password, and a code where a second factor is on.
   * @param action what it is for, in the audit trail of a failure
   * @throws PasswordAbsent when there is none that anybody knows, PasswordIncorrect, OtpIncorrect, TooManyAttempts, Overloaded;
   * OtpRequired when the password was right and no code came: nothing is counted
   */
  return async function confirm(
    actor: Actor,
    { password, otp }: Proof,
    action: Action,
  ): Promise<Settle> {
    const { id, origin } = actor
    const [account] = await store.read(secret, { id })
    if (account?.passwordSet === false) throw new PasswordAbsent()
    let isOtpWrong = false
    const settle = await attempts.guess({ by: 'username', id }, origin, async () => {
      const [user] = await store.read(secret, { id })
      const { ok } = await passwords.verify(password, user?.passwordHash)
      if (!user || !ok) return undefined
      const spend = await secondFactor.ask(id, otp)
      if (!spend) {
        isOtpWrong = true
        return undefined
      }
      return function* (tx: Tx): Steps<void> {
        const [now] = yield* tx.run(hold, { id })
        if (!now) throw new TokenRevoked()
        if (now.passwordHash !== user.passwordHash) throw new PasswordIncorrect()
        if (yield* spend(tx)) return
        throw otp === undefined ? new OtpRequired() : new OtpIncorrect()
      }
    })
    if (settle) return settle
    await failed(actor, action)
    if (isOtpWrong) await store.transaction((tx) => alerts.noticed(tx, id, CODE_WRONG))
    throw isOtpWrong ? new OtpIncorrect() : new PasswordIncorrect()
  }
}
export type Confirmation = ReturnType<typeof createConfirmation>
