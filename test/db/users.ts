import type { Store } from '../../src/db/store.ts'
import { MOMENT } from './leases.ts'

export interface NewUser {
  username: string
  email?: string
}

/** Adds rows to `users` below the domain, which would hash a password first. */
export function addUser(store: Store) {
  const { users } = store.tables
  return async ({ username, email }: NewUser) => {
    const rows = await store.transaction((tx) =>
      tx.query((q) =>
        q
          .insert(users)
          .values({
            username,
            usernameKey: username,
            email: email ?? null,
            emailKey: email ?? null,
            passwordHash: 'none',
            passwordSecret: 'none',
            role: 'user',
            status: 'active',
            createdAt: MOMENT,
            updatedAt: MOMENT,
          })
          .returning({ id: users.id }),
      ),
    )
    return { id: rows[0]?.id ?? 0 }
  }
}
