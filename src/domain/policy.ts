import type { Actor } from '../base/actor.ts'

/** In what capacity somebody acts on a record: as its owner (of an account: as oneself), or by their role. */
type Capacity = 'owner' | 'moderator' | 'admin'

/**
 * Who may act on a record of whom, once for the domain that enforces it and for `/authz` that tells it (design.md, "Rules of
 * ownership"). What is missing here, everyone may who gets as far as the record.
 */
const POLICY = {
  'post.edit': ['owner', 'moderator', 'admin'],
  'post.delete': ['owner', 'moderator', 'admin'],
  'book.edit': ['owner', 'moderator', 'admin'],
  'book.delete': ['owner', 'moderator', 'admin'],
  'todo.view': ['owner'],
  'todo.edit': ['owner'],
  'todo.delete': ['owner'],
  'user.edit': ['owner', 'admin'],
  'user.delete': ['owner', 'admin'],
  'user.administer': ['admin'],
} as const satisfies Record<string, readonly Capacity[]>

export type Permission = keyof typeof POLICY

/** In which capacities an act is allowed. */
export const capacities = (permission: Permission): readonly Capacity[] => POLICY[permission]

/** Whether a role alone allows it, whoever owns the record. */
export const allowedByRole = ({ role }: Pick<Actor, 'role'>, permission: Permission): boolean =>
  role !== 'user' && capacities(permission).includes(role)

export const mayAct = (
  actor: Pick<Actor, 'id' | 'role'>,
  permission: Permission,
  ownerId: number,
): boolean =>
  allowedByRole(actor, permission) ||
  (actor.id === ownerId && capacities(permission).includes('owner'))
