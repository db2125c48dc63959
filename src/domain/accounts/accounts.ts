import { asc, eq } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import type { Status } from '../../db/schema/tables.ts'
import { TokenRevoked } from '../../base/access-errors.ts'
import type { Actor, Role } from '../../base/actor.ts'
import { createTotal, type Window } from '../lists/total.ts'
import { NotFound, ValidationFailed } from '../../base/errors.ts'
import { createAdmins } from './admins.ts'
import { type Account, columnsOf, toAccount } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { type Administration, createChanges } from './changes.ts'
import { createFactorRemoval } from './factor-removal.ts'
import { violation } from '../../base/text-rules.ts'
import { checkFields } from './fields.ts'
import { fold } from '../../base/text.ts'
import { asSpelledFirst, hasAddress, keysOf } from './email-keys.ts'
import { createEmailConfirmation } from './email.ts'
import { createPasswordReset } from './password-reset.ts'
import { createPasswordChange } from './password-change.ts'
import { type AccountChanges, createProfile, type UpdateOptions } from './profile.ts'
import type { UserPermission } from '../policy.ts'
import { createReach } from './reach.ts'
import { createRegistration, type Registration } from './registration.ts'
import { createRemoval, type RemovalOptions } from './removal.ts'
import type { SecondFactor } from './second-factor.ts'
import { indexedUsers } from './user-search.ts'

/** Whether the last admin may go, too. */
export type Force = Pick<RemovalOptions, 'force'>
/** User accounts: registered by anyone, changed by themselves or an admin. */
export function createAccounts(
  needed: Omit<AccountDeps, 'admins'> & { secondFactor: SecondFactor },
) {
  const admins = createAdmins(needed)
  const deps: AccountDeps = { ...needed, admins }
  const { store, audit } = deps
  const { users } = store.tables
  const shown = columnsOf(users)
  const { change, administer, addressChanged } = createChanges(deps)
  const emails = createEmailConfirmation(deps)
  const registration = createRegistration({ ...deps, emails })
  const changeProfile = createProfile({ ...deps, change, addressChanged })
  const removeAccount = createRemoval(deps)
  const reach = createReach({ audit, admins, find })
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
  const byAddress = store.define('account_by_address', (q) =>
    q.select(shown).from(users).where(hasAddress(users)).orderBy(asSpelledFirst(users)),
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
    ...registration,
    emails,
    passwordReset: createPasswordReset(deps),

    /** @throws NotFound */
    find,
    /** The account of whoever is logged in. @throws TokenRevoked when it was deleted meanwhile */
    async findOwn(actor: Actor): Promise<Account> {
      const [row] = await store.read(byId, { id: actor.id })
      if (!row) throw new TokenRevoked()
      return toAccount(row)
    },
    /** @throws NotFound */
    async findByName(username: string): Promise<Account> {
      const [row] = await store.read(byName, { usernameKey: fold(username) })
      if (!row) throw new NotFound('User')
      return toAccount(row)
    },
    /** The account that an address is of, confirmed or not; for operators. One that only waits for it has none. */
    async holderOf(email: string): Promise<Account | undefined> {
      const [row] = await store.read(byAddress, keysOf(email))
      return row && toAccount(row)
    },
    /** Oldest first. */
    async list(window: Window) {
      return { items: (await store.read(page, { ...window })).map(toAccount), total: await total() }
    },
    count: total,

    /**
     * @param ifMatch revisions, of which the account must have one (RFC 9110, section 13.1.1)
     * @param emailPending keeps a new address for its owner to confirm; until then the present one stays. Where the server sends mail,
     * nothing else takes the place of an address that somebody has confirmed, or of none.
     * @throws ValidationFailed, NotFound, Forbidden, PreconditionFailed, UsernameTaken, EmailTaken; TokenRevoked when the actor's
     * own account was deleted meanwhile; FreshLoginRequired, InsufficientScope when it is another admin's
     */
    async update(
      actor: Actor,
      id: number,
      changes: AccountChanges,
      options: UpdateOptions = {},
    ): Promise<Account> {
      const checked = checkFields(changes)
      await reach(actor, id, 'user.edit')
      return changeProfile(actor, id, checked, options)
    },

    /**
     * Creates an account for somebody, as an admin. Its password is to be changed before anything else, unless that is said otherwise; its
     * address waits for its owner to confirm it.
     * @throws ValidationFailed, UsernameTaken, Overloaded
     */
    create: (
      actor: Actor,
      input: Registration,
      { role, mustChange = true }: { role?: Role | undefined; mustChange?: boolean | undefined },
    ): Promise<Account> =>
      registration.register(input, {
        by: actor,
        origin: actor.origin,
        emailPending: true,
        mustChange,
        ...(role && { role }),
      }),

    /**
     * Changes an account as an admin. A password that an admin chooses is to be changed before anything else, unless that is said otherwise.
     * Their own they change as everybody does: by the one that they have.
     * @throws ValidationFailed, NotFound, InsufficientRole, PreconditionFailed, LastAdmin, Overloaded; FreshLoginRequired,
     * InsufficientScope when it is an admin's
     */
    async administer(
      actor: Actor,
      id: number,
      changes: Administration,
      ifMatch?: readonly number[],
    ): Promise<Account> {
      await reach(actor, id, 'user.administer')
      const { password, mustChange = password === undefined ? undefined : true } = changes
      if (password !== undefined && actor.id === id) throw new ValidationFailed([OWN_PASSWORD])
      return administer(await find(id), { ...changes, mustChange }, { actor, ifMatch })
    },

    /**
     * Deletes an account with everything it owns; its sessions end with it. The audit trail keeps event, time and id.
     * @throws NotFound, Forbidden, InsufficientRole, PreconditionFailed, LastAdmin; TokenRevoked, FreshLoginRequired and
     * InsufficientScope as `update`
     */
    async remove(
      actor: Actor,
      id: number,
      {
        permission = 'user.delete',
        ifMatch,
      }: { permission?: UserPermission } & Pick<RemovalOptions, 'ifMatch'> = {},
    ): Promise<void> {
      await reach(actor, id, permission)
      await removeAccount(actor, id, { ifMatch })
    },

    removeFactor: createFactorRemoval({ ...needed, reach, find }),

    indexed: indexedUsers(store),
    changePassword: createPasswordChange({ ...deps, find }),
    /** Gives a role, effective on the next request. For operators. @throws NotFound, LastAdmin unless with `force` */
    setRole: async (id: number, role: Role, { force }: Force = {}) =>
      administer(await find(id), { role }, { force }),
    /** Suspends (and ends all that was set going) or restores. For operators. @throws NotFound, LastAdmin unless with `force` */
    setStatus: async (id: number, status: Status, { force }: Force = {}) =>
      administer(await find(id), { status }, { force }),
    /** Sets a new password and ends all that was set going. For operators. @throws ValidationFailed, NotFound, Overloaded */
    setPassword: async (id: number, password: string, mustChange = false) =>
      administer(await find(id), { password, mustChange }),
    /** Keeps a new address for its owner to confirm; null takes both away. For operators. @throws ValidationFailed, NotFound */
    setEmail: async (id: number, email: string | null) => administer(await find(id), { email }),
    /** Deletes an account with everything it owns. For operators. @throws NotFound, LastAdmin unless with `force` */
    removeById: (id: number, { force }: Force = {}) => removeAccount(undefined, id, { force }),
  }
}
export type Accounts = ReturnType<typeof createAccounts>

const OWN_PASSWORD = violation(
  '/password',
  'not_acceptable',
  'of your own account is changed with POST /api/v2/auth/password/change',
)
