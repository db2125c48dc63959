import { and, eq, or } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Actor } from '../actor.ts'
import type { Audit } from '../audit.ts'
import { PreconditionFailed } from '../errors.ts'
import { absence } from './reach.ts'

/** Deletes accounts with everything they own; their sessions end with them. The audit trail keeps event, time and id. */
export function createRemoval({ store, audit }: { store: Store; audit: Audit }) {
  const { users, auditEvents } = store.tables
  const remove = store.define('account_remove', (q) =>
    q
      .delete(users)
      .where(eq(users.id, $('id')))
      .returning({ revision: users.revision }),
  )
  /** Failed logins name the account as their target only. */
  const anonymise = store.define('audit_anonymise', (q) =>
    q
      .update(auditEvents)
      .set({ ip: null, userAgent: null })
      .where(
        or(
          eq(auditEvents.actorId, $('id')),
          and(
            eq(auditEvents.targetType, 'user'),
            eq(auditEvents.targetId, $('target')),
            eq(auditEvents.action, 'login'),
          ),
        ),
      ),
  )

  /**
   * @param ifMatch revisions, of which the account must have one; absent when it may have any
   * @throws NotFound, TokenRevoked, PreconditionFailed
   */
  return async function removeAccount(
    actor: Actor,
    id: number,
    ifMatch?: readonly number[],
  ): Promise<void> {
    await store.transaction(function* (tx) {
      const [gone] = yield* tx.run(remove, { id })
      if (!gone) throw absence(actor, id)
      // Thrown inside: what was deleted is there again.
      if (ifMatch && !ifMatch.includes(gone.revision)) throw new PreconditionFailed()
      yield* tx.run(anonymise, { id, target: String(id) })
      yield* audit.within(tx, {
        action: 'account.delete',
        outcome: 'success',
        actorId: actor.id,
        target: { type: 'user', id },
        // Whoever deletes their own account leaves no address behind.
        origin: actor.id === id ? undefined : actor.origin,
      })
    })
  }
}
