import { eq, gte, lt } from '../../db/drizzle.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { InsufficientRole } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Declaration, Page, Query } from '../lists/declaration.ts'
import { createList, type ListDeps } from '../lists/list.ts'
import { accountPolicy } from '../policy.ts'
import { foldEmail } from './address.ts'
import { type Account, columnsOf, toAccount } from './account.ts'

export const userList = {
  name: 'users',
  shown: columnsOf,
  filters: {
    created_after: {
      kind: 'moment',
      where: ({ createdAt }, given) => gte(createdAt, given(createdAt)),
      bounds: 'created_at',
    },
    created_before: {
      kind: 'moment',
      where: ({ createdAt }, given) => lt(createdAt, given(createdAt)),
      bounds: 'created_at',
    },
    /** By the whole address, as it is kept unique. */
    email: {
      kind: 'text',
      where: ({ emailKey }, given) => eq(emailKey, given(emailKey)),
      leads: ['id'],
    },
    role: { kind: 'text', where: ({ role }, given) => eq(role, given(role)), leads: ['id'] },
    status: {
      kind: 'text',
      where: ({ status }, given) => eq(status, given(status)),
      leads: ['id'],
    },
  },
  sorts: {
    created_at: ({ createdAt }) => createdAt,
    username: ({ usernameKey }) => usernameKey,
    id: ({ id }) => id,
  },
  /** Over names alone. */
  search: { text: ({ searchText }) => searchText },
} satisfies Declaration<Tables['users']>

/** All accounts. Who may see which part of one is for the caller to tell, who may filter by which is told here. */
export function createUserList({ audit, ...deps }: ListDeps & { audit: Audit }) {
  const list = createList(deps, userList, deps.store.tables.users)
  return {
    /**
     * One page, for a viewer who may be a stranger. Only admins filter by `email`, `role` and `status`: what others cannot see, they cannot
     * find out by asking either.
     * @throws InsufficientRole, CursorMismatch
     */
    async page(viewer: Actor | undefined, query: Query<typeof userList>): Promise<Page<Account>> {
      const { email, role, status } = query.filters ?? {}
      const isPrivate = [email, role, status].some((given) => given !== undefined)
      if (isPrivate && !(viewer && accountPolicy.allowedByRole(viewer, 'user.administer'))) {
        if (viewer)
          await audit.record({
            action: 'access.denied',
            outcome: 'denied',
            actorId: viewer.id,
            target: { type: 'operation', id: 'listUsers' },
            origin: viewer.origin,
          })
        throw new InsufficientRole()
      }
      const filters =
        email === undefined ? query.filters : { ...query.filters, email: foldEmail(email) }
      const page = await list.page({ ...query, ...(filters && { filters }) })
      return { ...page, records: page.records.map(toAccount) }
    },
  }
}
