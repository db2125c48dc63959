import { asc, eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Status } from '../../db/tables.ts'
import type { Actor, Origin, Role } from '../actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { createTotal, type Window } from '../content/pages.ts'
import { NotFound } from '../errors.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import { createChanges } from './changes.ts'
import type { Confirmation } from './confirmation.ts'
import { checkFields, fold, foldEmail } from './fields.ts'
import { createPasswordChange } from './password-change.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import { createReach, type UserPermission } from './reach.ts'
import { createRemoval } from './removal.ts'

export interface Registration {
  username: string
  password: string
  email?: string | undefined
  phone?: string | undefined
}
export interface AccountChanges {
  username?: string | undefined
  /** null clears it */
  email?: string | null | undefined
  /** null clears it */
  phone?: string | null | undefined
}
export interface RegistrationOptions {
  origin?: Origin
  role?: Role
  emailPending?: boolean
}
export interface UpdateOptions {
  ifMatch?: readonly number[] | undefined
  emailPending?: boolean
}
export interface AccountDeps {
  store: Store
  clock: Clock
  audit: Audit
  sessions: Sessions
  passwords: Passwords
  policy: PasswordPolicy
  confirm: Confirmation
}

/** User accounts: registered by anyone, changed by themselves or an admin. */
export function createAccounts(deps: AccountDeps) {
  const { store, clock, audit, sessions, passwords, policy, confirm } = deps
  const { users } = store.tables
  const shown = columnsOf(users)
  const { change, administer, setPassword } = createChanges(deps)
  const removeAccount = createRemoval({ store, audit })
  const { reach, expect } = createReach({ audit, find })
  const insert = store.define('account_insert', (q) =>
    q
      .insert(users)
      .values({
        username: $('username'),
        usernameKey: $('usernameKey'),
        email: $('email'),
        emailKey: $('emailKey'),
        pendingEmail: $('pendingEmail'),
        phone: $('phone'),
        passwordHash: $('passwordHash'),
        passwordSecret: $('passwordSecret'),
        role: $('role'),
        status: 'active',
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning(shown),
  )
  const byId = store.define('account_by_id', (q) =>
    q
      .select(shown)
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  const byName = store.define('account_by_name', (q) =>
    q
      .select(shown)
      .from(users)
      .where(eq(users.usernameKey, $('usernameKey'))),
  )
  const page = store.define('account_page', (q) =>
    q.select(shown).from(users).orderBy(asc(users.id)).limit($('limit')).offset($('offset')),
  )
  const total = createTotal(store, users)
  async function find(id: number): Promise<Account> {
    const [row] = await store.read(byId, { id })
    if (!row) throw new NotFound('User')
    return toAccount(row)
  }
  return {
    /**
     * Creates an account. `role` and an absent origin are for the operator's command line. With `emailPending` the address is kept
     * for its owner to confirm, and whether another account has it cannot be told from what happens.
     * @throws ValidationFailed with every violation, UsernameTaken, EmailTaken, Overloaded
     */
    async register(
      input: Registration,
      { origin, role = 'user', emailPending = false }: RegistrationOptions = {},
    ): Promise<Account> {
      const { username, password, email, phone } = checkFields(
        input,
        policy.check(input.password, input),
      )
      const { hash, secretId } = await passwords.hash(password)
      const row = await store
        .transaction(function* (tx) {
          const [created] = yield* tx.run(insert, {
            username,
            usernameKey: fold(username),
            email: (!emailPending && email) || null,
            emailKey: !emailPending && email !== undefined ? foldEmail(email) : null,
            pendingEmail: (emailPending && email) || null,
            phone: phone ?? null,
            passwordHash: hash,
            passwordSecret: secretId,
            role,
            now: clock.now(),
          })
          yield* audit.within(tx, {
            action: 'register',
            outcome: 'success',
            actorId: created!.id,
            target: { type: 'user', id: created!.id },
            origin,
          })
          return created!
        })
        .catch(refuseTaken)
      return toAccount(row)
    },

    /** @throws NotFound */
    find,
    /** @throws NotFound */
    async findByName(username: string): Promise<Account> {
      const [row] = await store.read(byName, { usernameKey: fold(username) })
      if (!row) throw new NotFound('User')
      return toAccount(row)
    },
    /** Oldest first. */
    async list(window: Window) {
      return { items: (await store.read(page, { ...window })).map(toAccount), total: await total() }
    },
    count: total,

    /**
     * @param ifMatch revisions, of which the account must have one (RFC 9110, section 13.1.1)
     * @param emailPending keeps a new address for its owner to confirm; until then the present one stays
     * @throws ValidationFailed, NotFound, Forbidden, PreconditionFailed, UsernameTaken, EmailTaken
     */
    async update(
      actor: Actor,
      id: number,
      changes: AccountChanges,
      { ifMatch, emailPending = false }: UpdateOptions = {},
    ): Promise<Account> {
      const { username, email, phone } = checkFields(changes)
      await reach(actor, id, 'user.edit')
      const { id: actorId, origin } = actor
      return change(id, {
        set: {
          ...(username !== undefined && { username, usernameKey: fold(username) }),
          ...(email !== undefined && emailColumns(email, emailPending)),
          ...(phone !== undefined && { phone }),
        },
        events: [{ action: 'account.update', outcome: 'success', actorId, origin }],
        revision: await expect(id, ifMatch),
      })
    },

    /** Changes role or status as an admin. @throws NotFound, InsufficientRole, PreconditionFailed */
    async administer(
      actor: Actor,
      id: number,
      changes: { role?: Role | undefined; status?: Status | undefined },
      ifMatch?: readonly number[],
    ): Promise<Account> {
      await reach(actor, id, 'user.administer')
      return administer(id, changes, { actor, revision: await expect(id, ifMatch) })
    },

    /**
     * Deletes an account with everything it owns; its sessions end with it. The audit trail keeps event, time and id.
     * @throws NotFound, Forbidden, InsufficientRole, PreconditionFailed
     */
    async remove(
      actor: Actor,
      id: number,
      {
        permission = 'user.delete',
        ifMatch,
      }: { permission?: UserPermission; ifMatch?: readonly number[] | undefined } = {},
    ): Promise<void> {
      await reach(actor, id, permission)
      await removeAccount(actor, id, await expect(id, ifMatch))
    },

    changePassword: createPasswordChange({
      store,
      clock,
      audit,
      passwords,
      policy,
      sessions,
      confirm,
      find,
    }),
    /** Gives a role, effective on the next request. For operators. @throws NotFound */
    setRole: (id: number, role: Role) => administer(id, { role }),
    /** Suspends (and ends all sessions) or restores. For operators. @throws NotFound */
    setStatus: (id: number, status: Status) => administer(id, { status }),
    /** Sets a new password and ends all sessions. For operators. @throws ValidationFailed, NotFound, Overloaded */
    setPassword: async (id: number, password: string) => setPassword(await find(id), password),
  }
}
export type Accounts = ReturnType<typeof createAccounts>

/** A pending address replaces nothing until it is confirmed; none at all takes both away. */
function emailColumns(email: string | null, pending: boolean) {
  if (pending && email !== null) return { pendingEmail: email }
  return { email, emailKey: email && foldEmail(email), pendingEmail: null }
}
