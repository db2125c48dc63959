import type { Store } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { createReach } from './reach.ts'
import type { Account } from './account.ts'
import type { SecondFactor } from './second-factor.ts'

interface FactorRemovalDeps {
  store: Store
  sessions: Sessions
  signedIn: SignedIn
  secondFactor: SecondFactor
  reach: ReturnType<typeof createReach>
  /** @throws NotFound */
  find: (id: number) => Promise<Account>
}

/** Helps whoever has lost the app and the recovery codes. */
export function createFactorRemoval({
  store,
  sessions,
  signedIn,
  secondFactor,
  reach,
  find,
}: FactorRemovalDeps) {
  /**
   * Takes the second factor of an account away, with its recovery codes, and ends all its sessions: whoever had them has shown more than
   * is asked for from now on, or has found the phone that was lost. Its owner is told.
   * @param actor an admin; absent for operators
   * @throws NotFound, FactorAbsent, InsufficientRole; FreshLoginRequired, InsufficientScope when it is an admin's
   */
  return async function removeFactor(actor: Actor | undefined, id: number): Promise<void> {
    if (actor) await reach(actor, id, 'user.administer')
    else await find(id)
    await store.transaction(function* (tx) {
      if (actor) yield* signedIn.checkPresent(tx, actor, 'admin')
      yield* secondFactor.takeAway(tx, actor, id)
      yield* sessions.endAll(tx, id)
    })
  }
}
