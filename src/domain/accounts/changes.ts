import { eq, getTableColumns, sql } from '../../db/drizzle.ts'
import { $, perShape, type Steps, type Tx } from '../../db/store.ts'
import type { Status } from '../../db/tables.ts'
import type { Actor, Role } from '../actor.ts'
import type { Action } from '../audit.ts'
import { PreconditionFailed } from '../errors.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import type { AccountDeps } from './accounts.ts'
import { checkFields } from './fields.ts'
import { absence } from './reach.ts'

export interface Change {
  /** Who makes it; absent for operators. */
  actor?: Actor | undefined
  /** What the audit trail calls it. */
  actions: Action[]
  /** Columns to set, at least one, given what the account is now. */
  set: (before: Account) => Record<string, unknown>
  /** Revisions, of which the account must have one (RFC 9110, section 13.1.1); absent when it may have any. */
  ifMatch?: readonly number[] | undefined
  /** Whether people may do it to their own accounts: then an admin's is like anybody's. */
  isOwn?: boolean
  /** Lets the last admin go. For operators. */
  force?: boolean | undefined
  /** Ends all its sessions, too. */
  endSessions?: boolean
  /** What is mailed of it, and what else ends with what was. */
  tell?: (tx: Tx, before: Account, after: Account) => Steps<void>
}

/** How an account changes: columns, the end of its sessions where that follows, and the audit events, all or nothing. */
export function createChanges({
  store,
  clock,
  audit,
  sessions,
  passwords,
  policy,
  alerts,
  tokens,
  invitations,
  admins,
}: AccountDeps) {
  const { users } = store.tables
  const update = perShape((columns) =>
    store.define(`account_update_${columns}`, (q) =>
      q
        .update(users)
        .set({
          ...placeholders(columns),
          revision: sql`${users.revision} + 1`,
          updatedAt: sql`${$('now', users.updatedAt)}`,
        })
        .where(eq(users.id, $('id')))
        .returning(columnsOf(users)),
    ),
  )
  function placeholders(columns: string) {
    const targets = new Map(Object.entries(getTableColumns(users)))
    return Object.fromEntries(
      columns.split(',').map((column) => [column, sql`${$(column, targets.get(column)!)}`]),
    )
  }
  /** Reads an account and keeps it as it is until the transaction ends: a lock on PostgreSQL. */
  const hold = store.define('account_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('id')))
      .returning(columnsOf(users)),
  )

  /**
   * @throws NotFound, TokenRevoked, PreconditionFailed, UsernameTaken, EmailTaken, LastAdmin; FreshLoginRequired, InsufficientScope
   * when it is an admin's
   */
  async function change(
    id: number,
    { actor, actions, set, ifMatch, isOwn, force, endSessions, tell }: Change,
  ) {
    const row = await store
      .transaction(function* (tx) {
        const [before] = yield* tx.run(hold, { id })
        if (!before) throw absence(actor, id)
        const fault = actor && !(isOwn && actor.id === id) && admins.refusal(actor, before)
        if (fault) throw fault
        if (ifMatch && !ifMatch.includes(before.revision)) throw new PreconditionFailed()
        const columns = set(toAccount(before))
        const statement = update(Object.keys(columns).toSorted().join(','))
        const [changed] = yield* tx.run(statement, { ...columns, id, now: clock.now() })
        if (!force) yield* admins.stay(tx, before, changed)
        if (endSessions) yield* sessions.endAll(tx, id)
        if (tell) yield* tell(tx, toAccount(before), toAccount(changed!))
        for (const action of actions)
          yield* audit.within(tx, {
            action,
            outcome: 'success',
            actorId: actor?.id,
            target: { type: 'user', id },
            origin: actor?.origin,
          })
        return changed!
      })
      .catch(refuseTaken)
    return toAccount(row)
  }

  /** Gives a role (effective on the next request), suspends (which ends all sessions) or restores. */
  function administer(
    id: number,
    { role, status }: { role?: Role | undefined; status?: Status | undefined },
    by: Pick<Change, 'actor' | 'ifMatch' | 'force'> = {},
  ): Promise<Account> {
    return change(id, {
      ...by,
      actions: [
        ...(role ? ['role.change' as const] : []),
        ...(status ? ['status.change' as const] : []),
      ],
      set: () => ({ ...(role && { role }), ...(status && { status }) }),
      endSessions: status === 'suspended',
      *tell(tx) {
        // What an admin has sent out is an admin's no longer.
        if (status === 'suspended' || (role && role !== 'admin')) yield* invitations.endOf(tx, id)
      },
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
        actions: ['password.change'],
        set: () => ({ passwordHash: hash, passwordSecret: secretId, passwordSet: true }),
        endSessions: true,
        *tell(tx, { id }) {
          yield* tokens.end(tx, id, 'password.reset')
          yield* invitations.endOf(tx, id)
          yield* alerts.changed(tx, id, 'The password')
        },
      })
    },
  }
}
