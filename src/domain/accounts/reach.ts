import { Forbidden, InsufficientRole, TokenRevoked } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import { NotFound } from '../../base/errors.ts'
import { accountPolicy, type UserPermission } from '../policy.ts'
import type { Account } from './account.ts'
import type { Admins } from './admins.ts'

const { capacities, mayAct } = accountPolicy

interface ReachDeps {
  audit: Audit
  admins: Admins
  /** @throws NotFound */
  find: (id: number) => Promise<Account>
}

/** Lets pass who may act on an account, before the act itself. */
export function createReach({ audit, admins, find }: ReachDeps) {
  /** Why not; undefined when they may. */
  function refusal(actor: Actor, account: Account, permission: UserPermission) {
    if (mayAct(actor, permission, account.id)) return admins.refusal(actor, account)
    if (!capacities(permission).includes('owner')) return new InsufficientRole()
    return new Forbidden(`You can only ${permission.slice('user.'.length)} your own users`)
  }

  /**
   * @throws NotFound when absent, or TokenRevoked when it was their own; Forbidden, or InsufficientRole where no owner could do it
   * either; FreshLoginRequired, or InsufficientScope for a key, when it is an admin's
   */
  return async function reach(actor: Actor, id: number, permission: UserPermission) {
    if (actor.id === id && capacities(permission).includes('owner')) return
    const account = await find(id).catch((error: unknown) => {
      throw error instanceof NotFound ? absence(actor, id) : error
    })
    const fault = refusal(actor, account, permission)
    if (!fault) return
    await audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: 'user', id },
      origin: actor.origin,
    })
    throw fault
  }
}

/** What an absent account means to whoever asked for it: if it was their own, their token went with it. */
export const absence = (actor: Actor | undefined, id: number): Error =>
  actor?.id === id ? new TokenRevoked() : new NotFound('User')
