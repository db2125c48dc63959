import { Forbidden, InsufficientRole } from '../access-errors.ts'
import type { Actor } from '../actor.ts'
import type { Audit } from '../audit.ts'
import { PreconditionFailed } from '../errors.ts'
import { capacities, mayAct, type Permission } from '../policy.ts'
import type { Account } from './account.ts'

export type UserPermission = Extract<Permission, `user.${string}`>

interface ReachDeps {
  audit: Audit
  /** @throws NotFound */
  find: (id: number) => Promise<Account>
}

/** What stands before an act on an account. */
export function createReach({ audit, find }: ReachDeps) {
  /** Lets pass who may act on an account. @throws NotFound when absent; Forbidden, or InsufficientRole where no owner could do it either */
  async function reach(actor: Actor, id: number, permission: UserPermission) {
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
  /** The revision that a write must find, when the caller named some. @throws NotFound, PreconditionFailed */
  async function expect(id: number, ifMatch: readonly number[] | undefined) {
    if (!ifMatch) return undefined
    const { revision } = await find(id)
    if (!ifMatch.includes(revision)) throw new PreconditionFailed()
    return revision
  }

  return { reach, expect }
}
