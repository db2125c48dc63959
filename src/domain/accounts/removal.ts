import { and, asc, eq } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx, wakeAll } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Change, Changes } from '../changes.ts'
import { PreconditionFailed } from '../../base/errors.ts'
import { sourceOf } from '../resources/engine/statements.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { Admins } from './admins.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import { absence } from './reach.ts'

interface Deps {
  store: Store
  audit: Audit
  changeLog: Changes
  signedIn: SignedIn
  admins: Admins
  /** What goes with an account. */
  resources: readonly AnyResource[]
}
export interface RemovalOptions {
  /** Revisions, of which the account must have one; absent when it may have any. */
  ifMatch?: readonly number[] | undefined
  /** Lets the last admin go. For operators. */
  force?: boolean | undefined
}

/** Deletes accounts with everything they own; their sessions end with them. The audit trail keeps event, time and id, and of refusals from where. */
export function createRemoval({ store, audit, changeLog, signedIn, admins, resources }: Deps) {
  const { users, auditEvents } = store.tables
  const owned = resources.map((resource) => ({
    type: `${resource.name}.deleted` as const,
    ids: store.define(`account_owns_${resource.table}`, (q) => {
      const table = sourceOf(store, resource)
      const ids = q
        .select({ id: table.id })
        .from(table)
        .where(eq(table.userId, $('id')))
        .orderBy(asc(table.id))
      // Locked in the order in which a bulk locks them: the cascade would take them as they lie on disk.
      return store.engine === 'postgres' ? ids.for('update') : ids
    }),
  }))
  const remove = store.define('account_remove', (q) =>
    q
      .delete(users)
      .where(eq(users.id, $('id')))
      // Its streams of events end now.
      .returning({
        revision: users.revision,
        role: users.role,
        status: users.status,
        told: wakeAll(store),
      }),
  )
  /** What was refused stays as it is until it is due (see purge.ts): whoever attacked the account is not to be forgotten with it. */
  const anonymise = store.define('audit_anonymise', (q) =>
    q
      .update(auditEvents)
      .set({ ip: null, userAgent: null })
      .where(and(eq(auditEvents.actorId, $('id')), eq(auditEvents.outcome, 'success'))),
  )

  /** What goes with an account. */
  function* possessions(tx: Tx, userId: number): Steps<Change[]> {
    const gone: Change[] = []
    for (const { type, ids } of owned)
      for (const { id } of yield* tx.run(ids, { id: userId }))
        gone.push({ type, resourceId: id, userId })
    return gone
  }

  /**
   * @param actor who does it; absent for operators
   * @throws NotFound, TokenRevoked, InsufficientRole, PreconditionFailed, LastAdmin; FreshLoginRequired, InsufficientScope when it is
   * another admin's
   */
  return async function removeAccount(
    actor: Actor | undefined,
    id: number,
    { ifMatch, force }: RemovalOptions = {},
  ): Promise<void> {
    await store.transaction(function* (tx) {
      if (actor?.id === id) yield* signedIn.hold(tx, actor)
      else if (actor) yield* signedIn.checkPresent(tx, actor, 'admin')
      const possessed = yield* possessions(tx, id)
      const [gone] = yield* tx.run(remove, { id })
      if (!gone) throw absence(actor, id)
      // Thrown inside: what was deleted is there again.
      const fault = actor && actor.id !== id && admins.refusal(actor, gone)
      if (fault) throw fault
      if (ifMatch && !ifMatch.includes(gone.revision)) throw new PreconditionFailed()
      if (!force) yield* admins.stay(tx, gone, undefined)
      yield* tx.run(anonymise, { id })
      yield* audit.within(tx, {
        action: 'account.delete',
        outcome: 'success',
        actorId: actor?.id,
        target: { type: 'user', id },
        // Whoever deletes their own account leaves no address behind.
        origin: actor?.id === id ? undefined : actor?.origin,
      })
      yield* changeLog.record(tx, possessed)
    })
  }
}
