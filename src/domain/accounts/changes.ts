import { and, eq, sql } from '../../db/drizzle.ts'
import { $, perShape, type Steps, type Tx } from '../../db/store.ts'
import type { Status } from '../../db/tables.ts'
import type { Actor, Role } from '../actor.ts'
import type { Event } from '../audit.ts'
import { NotFound, PreconditionFailed } from '../errors.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import type { AccountDeps } from './accounts.ts'
import { checkFields } from './fields.ts'

export interface Change {
  /** Columns to set. */
  set: Record<string, unknown>
  /** What the audit trail says of it. */
  events: Array<Omit<Event, 'target'>>
  /** The write is refused unless the account has this revision. */
  revision?: number | undefined
  /** Ends sessions in the same transaction. */
  endSessions?: (tx: Tx) => Steps<void>
}

/** How an account changes: columns, the end of its sessions where that follows, and the audit events, all or nothing. */
export function createChanges({ store, clock, audit, sessions, passwords, policy }: AccountDeps) {
  const { users } = store.tables
  const update = perShape((columns) =>
    store.define(`account_update_${columns}`, (q) =>
      q
        .update(users)
        .set({
          ...Object.fromEntries(columns.split(',').map((column) => [column, $(column)])),
          revision: sql`${users.revision} + 1`,
          updatedAt: sql`${$('now', users.updatedAt)}`,
        })
        .where(eq(users.id, $('id')))
        .returning(columnsOf(users)),
    ),
  )
  /** Goes before a change, in its transaction: a lock on PostgreSQL, so that nobody comes between. */
  const hold = store.define('account_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(and(eq(users.id, $('id')), eq(users.revision, $('revision'))))
      .returning({ id: users.id }),
  )

  /** @throws NotFound, PreconditionFailed, UsernameTaken, EmailTaken */
  async function change(id: number, { set, events, revision, endSessions }: Change) {
    const statement = update(Object.keys(set).toSorted().join(','))
    const row = await store
      .transaction(function* (tx) {
        if (revision !== undefined) {
          const [held] = yield* tx.run(hold, { id, revision })
          if (!held) throw new PreconditionFailed()
        }
        const [changed] = yield* tx.run(statement, { ...set, id, now: clock.now() })
        if (!changed) throw new NotFound('User')
        if (endSessions) yield* endSessions(tx)
        for (const event of events)
          yield* audit.within(tx, { ...event, target: { type: 'user', id } })
        return changed
      })
      .catch(refuseTaken)
    return toAccount(row)
  }

  /** Gives a role (effective on the next request), suspends (which ends all sessions) or restores. */
  function administer(
    id: number,
    { role, status }: { role?: Role | undefined; status?: Status | undefined },
    { actor, revision }: { actor?: Actor; revision?: number | undefined } = {},
  ): Promise<Account> {
    const by = { outcome: 'success', actorId: actor?.id, origin: actor?.origin } as const
    return change(id, {
      set: { ...(role && { role }), ...(status && { status }) },
      events: [
        ...(role ? [{ action: 'role.change', ...by } as const] : []),
        ...(status ? [{ action: 'status.change', ...by } as const] : []),
      ],
      revision,
      ...(status === 'suspended' && { endSessions: (tx: Tx) => sessions.endAll(tx, id) }),
    })
  }

  return {
    change,
    administer,
    /** Sets a new password and ends all sessions. For operators. @throws ValidationFailed, NotFound, Overloaded */
    async setPassword(account: Account, password: string): Promise<void> {
      checkFields({}, policy.check(password, account))
      const { hash, secretId } = await passwords.hash(password)
      await change(account.id, {
        set: { passwordHash: hash, passwordSecret: secretId },
        events: [{ action: 'password.change', outcome: 'success' }],
        endSessions: (tx) => sessions.endAll(tx, account.id),
      })
    },
  }
}
