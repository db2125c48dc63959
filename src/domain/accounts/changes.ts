import { eq, getTableColumns, sql } from '../../db/drizzle.ts'
import { $, perShape, type Steps, type Tx } from '../../db/store.ts'
import type { Status } from '../../db/schema/tables.ts'
import type { Actor, Role } from '../../base/actor.ts'
import type { Action } from '../audit.ts'
import { PreconditionFailed } from '../../base/errors.ts'
import { SUSPENDED } from '../mail/task.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { foldEmail, isSameMailbox } from './address.ts'
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
  /** Whether it takes the account out of the hands of whoever has it: then everything ends that they may have set going. */
  recovers?: boolean
  /** What is mailed of it. `ended` is what ended with it, in words. */
  tell?: (tx: Tx, before: Account, after: Account, ended: string | undefined) => Steps<void>
}

/** By which what somebody has set going ends. */
const RECOVERIES: ReadonlySet<Action> = new Set(['status.change', 'password.change'])

/** What somebody else decides about an account. */
export interface Administration {
  role?: Role | undefined
  status?: Status | undefined
  /** null takes away both the address and one that is pending */
  email?: string | null | undefined
  password?: string | undefined
  /** Whether the password is to be changed before anything else. */
  mustChange?: boolean | undefined
}

/** How an account changes: columns, the end of what was set going where that follows, and the audit events, all or nothing. */
export function createChanges({
  store,
  clock,
  audit,
  signedIn,
  recovery,
  passwords,
  policy,
  alerts,
  invitations,
  admins,
  outbox,
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
   * @throws NotFound, TokenRevoked, InsufficientRole, PreconditionFailed, UsernameTaken, EmailTaken, LastAdmin; FreshLoginRequired,
   * InsufficientScope when it is an admin's
   */
  async function change(
    id: number,
    { actor, actions, set, ifMatch, isOwn, force, recovers, tell }: Change,
  ) {
    const row = await store
      .transaction(function* (tx) {
        const [before] = yield* tx.run(hold, { id })
        if (!before) throw absence(actor, id)
        const isTheirs = isOwn && actor?.id === id
        const fault = actor && !isTheirs && admins.refusal(actor, before)
        if (fault) throw fault
        if (actor) yield* signedIn.checkPresent(tx, actor, isTheirs ? undefined : 'admin')
        if (ifMatch && !ifMatch.includes(before.revision)) throw new PreconditionFailed()
        const ended = recovers ? yield* recovery.endAll(tx, id) : undefined
        const columns = set(toAccount(before))
        const statement = update(Object.keys(columns).toSorted().join(','))
        const [changed] = yield* tx.run(statement, { ...columns, id, now: clock.now() })
        if (!force) yield* admins.stay(tx, before, changed)
        if (tell) yield* tell(tx, toAccount(before), toAccount(changed!), ended)
        for (const action of actions)
          yield* audit.within(tx, {
            action,
            outcome: 'success',
            actorId: actor?.id,
            target: { type: 'user', id },
            detail: RECOVERIES.has(action) ? ended : undefined,
            origin: actor?.origin,
          })
        return changed!
      })
      .catch(refuseTaken)
    return toAccount(row)
  }

  /**
   * What somebody else decides about an account: a role (effective on the next request), whether it is suspended, its
   * password (either ends all that was set going), and an address, which waits for its owner to confirm it and ends the one of before.
   * @throws ValidationFailed, NotFound, PreconditionFailed, LastAdmin, Overloaded
   */
  async function administer(
    account: Account,
    { role, status, email, password, mustChange }: Administration,
    by: Pick<Change, 'actor' | 'ifMatch' | 'force'> = {},
  ): Promise<Account> {
    const { id } = account
    const checked = checkFields(
      { email },
      password === undefined ? [] : policy.check(password, account),
    )
    const made = password === undefined ? undefined : await passwords.hash(password)
    return change(id, {
      ...by,
      actions: [
        ...(role ? ['role.change' as const] : []),
        ...(status ? ['status.change' as const] : []),
        ...(password === undefined ? [] : ['password.change' as const]),
        ...(email === undefined && mustChange === undefined ? [] : ['account.update' as const]),
      ],
      set: (before) => ({
        ...(role && { role }),
        ...(status && { status }),
        ...(made && { passwordHash: made.hash, passwordSecret: made.secretId, passwordSet: true }),
        ...(mustChange !== undefined && { passwordMustChange: mustChange }),
        ...(checked.email !== undefined && givenEmailColumns(checked.email, before)),
      }),
      recovers: status === 'suspended' || made !== undefined,
      *tell(tx, before, after, ended) {
        // What an admin has sent out is an admin's no longer.
        if (role && role !== 'admin') yield* invitations.endOf(tx, id)
        if (before.status === 'active' && after.status === 'suspended')
          yield* alerts.noticed(tx, id, SUSPENDED)
        if (made) yield* alerts.changed(tx, id, 'The password', ended)
        // An address that was pending has ended, and is mailed to again when it is wanted again.
        yield* addressChanged(
          tx,
          ended === undefined ? before : { ...before, pendingEmail: undefined },
          after,
        )
      },
    })
  }

  /** Mails what follows from a new address. */
  function* addressChanged(
    tx: Tx,
    before: Account,
    { id, email, pendingEmail }: Account,
  ): Steps<void> {
    if (pendingEmail !== undefined && pendingEmail !== before.pendingEmail) {
      yield* outbox.enqueue(tx, { task: 'email.verify', userId: id, email: pendingEmail })
      yield* alerts.noticed(tx, id, 'A new email address was asked for')
    }
    const { email: old, emailVerifiedAt } = before
    if (old !== undefined && emailVerifiedAt && !isSameMailbox(old, email))
      yield* alerts.addressGone(tx, id, old)
  }

  return { change, administer, addressChanged }
}

/**
 * A pending address replaces nothing until it is confirmed; none at all takes both away. The one that the account has needs no
 * confirmation: to ask for it is to give up a pending one.
 */
export function emailColumns(email: string | null, pending: boolean, before: Account) {
  const columns = { undeliverableEmail: null, undeliverableReply: null, undeliverableAt: null }
  // Spelled otherwise it is the same, and is found as before.
  if (email !== null && isSameMailbox(email, before.email))
    return { ...columns, email, pendingEmail: null }
  if (pending && email !== null) return { ...columns, pendingEmail: email }
  const emailKey = email === null ? null : foldEmail(email)
  // Nobody has confirmed what is new.
  return { ...columns, email, emailKey, pendingEmail: null, emailVerifiedAt: null }
}

/**
 * Of an address that somebody else decides on. The one of before may be that of whom the account is taken from: a link that is mailed to
 * it would undo all of it, so it goes at once.
 */
function givenEmailColumns(email: string | null, before: Account) {
  const columns = emailColumns(email, true, before)
  const isOther = email !== null && !isSameMailbox(email, before.email)
  return isOther ? { ...columns, email: null, emailKey: null, emailVerifiedAt: null } : columns
}
