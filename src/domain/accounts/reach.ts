import { Forbidden, InsufficientRole, TokenRevoked } from '../access-errors.ts'
import type { Actor } from '../actor.ts'
import type { Audit } from '../audit.ts'
import { NotFound } from '../errors.ts'
import { capacities, mayAct, type Permission } from '../policy.ts'
import type { Account } from './account.ts'

export type UserPermission = Extract<Permission, `user.${string}`>

interface ReachDeps {
  audit: Audit
  /** @throws NotFound */
  find: (id: number) => Promise<Account>
}

/** Lets pass who may act on an account, before the act itself. */
export function createReach({ audit, find }: ReachDeps) {
  /** @throws NotFound when absent; Forbidden, or InsufficientRole where no owner could do it either */
  return async function reach(actor: Actor, id: number, permission: UserPermission) {
    if (mayAct(actor, permission, id)) return
    await find(id)
    await audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: 'user', id },
      origin: actor.origin,
    })
    if (!capacities(permission).includes('owner')) throw new InsufficientRole()
    throw new Forbidden(`You can only ${permission.slice('user.'.length)} your own users`)
  }
}

/** What an absent account means to whoever asked for it: if it was their own, their token went with it. */
export const absence = (actor: Actor | undefined, id: number): Error =>
  actor?.id === id ? new TokenRevoked() : new NotFound('User')
