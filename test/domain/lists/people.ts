import type { Test } from 'tap'
import { eq, inArray } from '../../../src/db/drizzle.ts'
import { userList } from '../../../src/domain/accounts/user-list.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { randomIds } from '../../../src/base/ids.ts'
import type { Query } from '../../../src/domain/lists/declaration.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'
import { freshDatabase, openStore } from '../../database.ts'

export type UserQuery = Query<typeof userList>
export interface Person {
  name: string
  /** Seconds after the first moment there is. */
  at?: number
  role?: 'user' | 'admin'
  status?: 'active' | 'suspended'
}

export const secrets = createSecrets(['a secret of at least 32 bytes, for tests'], randomIds)
export const moment = (seconds: number) => new Date(Date.UTC(2026, 10, 20) + seconds * 1000)

/** A store over a new database, closed with the test. */
export async function openDatabase(t: Test) {
  const url = await freshDatabase(t)
  const store = await openStore(url)
  t.teardown(() => store.close())
  return { url, store }
}

/** The list of users over a database of its own, and what changes it below the domain, which would hash passwords. */
export async function openPeople(t: Test) {
  const { store, url } = await openDatabase(t)
  const { users } = store.tables
  const list = createList({ store, clock: systemClock, secrets }, userList, users)
  const row = ({ name, at = 0, role = 'user', status = 'active' }: Person) => ({
    username: name,
    usernameKey: name,
    passwordHash: 'none',
    passwordSecret: 'none',
    role,
    status,
    createdAt: moment(at),
    updatedAt: moment(at),
  })
  return {
    url,
    store,
    list,
    /** Adds and removes, all at once, and gives the new ids. */
    edit: ({ add = [], remove = [] }: { add?: Person[]; remove?: number[] }) =>
      store.transaction(function* (tx) {
        if (remove.length > 0)
          yield* tx.query((q) => q.delete(users).where(inArray(users.id, remove)))
        if (add.length === 0) return []
        const added = yield* tx.query((q) =>
          q.insert(users).values(add.map(row)).returning({ id: users.id }),
        )
        return added.map(({ id }) => id)
      }),
    rename: (id: number, name: string) =>
      store.transaction((tx) =>
        tx.query((q) => q.update(users).set({ usernameKey: name }).where(eq(users.id, id))),
      ),
    names: async (query: UserQuery = {}) =>
      (await list.page(query)).records.map(({ username }) => username),
  }
}
export type People = Awaited<ReturnType<typeof openPeople>>
