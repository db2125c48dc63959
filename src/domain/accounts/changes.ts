import { eq, sql } from '../../db/drizzle.ts'
import { $, perShape } from '../../db/store.ts'
import type { Status } from '../../db/tables.ts'
import type { Role } from '../actor.ts'
import type { Event } from '../audit.ts'
import { NotFound } from '../errors.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import type { AccountDeps } from './accounts.ts'
import { checkFields } from './fields.ts'

/** How an account changes: columns, the end of its sessions where that follows, and the audit event, all or nothing. */
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

  /** Sets columns and audits it, all or nothing. */
  async function change(
    id: number,
    columns: Record<string, unknown>,
    event: Omit<Event, 'target'>,
    endSessions = false,
  ): Promise<Account> {
    const statement = update(Object.keys(columns).toSorted().join(','))
    const row = await store
      .transaction(function* (tx) {
        const [changed] = yield* tx.run(statement, { ...columns, id, now: clock.now() })
        if (!changed) throw new NotFound('User')
        if (endSessions) yield* sessions.endAll(tx, id)
        yield* audit.within(tx, { ...event, target: { type: 'user', id } })
        return changed
      })
      .catch(refuseTaken)
    return toAccount(row)
  }

  return {
    change,
    /** Gives a role, effective on the next request. For operators. @throws NotFound */
    setRole: (id: number, role: Role) =>
      change(id, { role }, { action: 'role.change', outcome: 'success' }),
    /** Suspends (and ends all sessions) or restores. For operators. @throws NotFound */
    setStatus: (id: number, status: Status) =>
      change(id, { status }, { action: 'status.change', outcome: 'success' }, status !== 'active'),
    /** Sets a new password and ends all sessions. For operators. @throws ValidationFailed, NotFound, Overloaded */
    async setPassword(account: Account, password: string): Promise<void> {
      checkFields({}, policy.check(password, account))
      const { hash, secretId } = await passwords.hash(password)
      await change(
        account.id,
        { passwordHash: hash, passwordSecret: secretId },
        { action: 'password.change', outcome: 'success' },
        true,
      )
    },
  }
}
