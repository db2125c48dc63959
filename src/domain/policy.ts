import type { Actor } from '../base/actor.ts'
import type { AnyResource } from './resources/resource.ts'

/** In what capacity somebody acts on a record: as its owner (of an account: as oneself), or by their role. */
export type Capacity = 'owner' | 'moderator' | 'admin'

/** Who may do what to an account. */
const ACCOUNTS = {
  'user.edit': ['owner', 'admin'],
  'user.delete': ['owner', 'admin'],
  'user.administer': ['admin'],
} as const satisfies Record<string, readonly Capacity[]>
export type UserPermission = keyof typeof ACCOUNTS
/** `post.edit` */
export type Permission = UserPermission | `${string}.${'view' | 'edit' | 'delete'}`

/**
 * Who may act on a record of whom, once for the domain that enforces it and for `/authz` that tells it (design.md, "Rules of
 * ownership"). What is missing here, everyone may who gets as far as the record.
 */
export function createPolicy(resources: readonly AnyResource[]) {
  const rules = new Map<string, readonly Capacity[]>(Object.entries(ACCOUNTS))
  for (const { name, read, write } of resources) {
    if (read === 'owner') rules.set(`${name}.view`, ['owner'])
    rules.set(`${name}.edit`, write)
    rules.set(`${name}.delete`, write)
  }
  /** In which capacities an act is allowed. @throws Error for what is no permission */
  function capacities(permission: Permission): readonly Capacity[] {
    const found = rules.get(permission)
    if (!found) throw new Error(`there is no permission ${permission}`)
    return found
  }
  /** Whether a role alone allows it, whoever owns the record. */
  const allowedByRole = ({ role }: Pick<Actor, 'role'>, permission: Permission): boolean =>
    role !== 'user' && capacities(permission).includes(role)
  const mayAct = (
    actor: Pick<Actor, 'id' | 'role'>,
    permission: Permission,
    ownerId: number,
  ): boolean =>
    allowedByRole(actor, permission) ||
    (actor.id === ownerId && capacities(permission).includes('owner'))

  return { capacities, allowedByRole, mayAct }
}
export type Policy = ReturnType<typeof createPolicy>

/** That of accounts alone. */
export const accountPolicy = createPolicy([])
