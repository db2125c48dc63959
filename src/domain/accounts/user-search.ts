import { and, asc, eq, gt, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Indexed } from '../resources/engine/reindex.ts'
import { searchText } from '../search/search-text.ts'

/** What users are searched by, for accounts that were made before it was kept. */
export function indexedUsers(store: Store): Indexed {
  const { users } = store.tables
  const idsAfter = store.define('user_ids_after', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(gt(users.id, $('id')))
      .orderBy(asc(users.id))
      .limit($('limit')),
  )
  const nameOf = store.define('user_name_of', (q) =>
    q
      .select({ username: users.username })
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  const derive = store.define('user_derive', (q) =>
    q
      .update(users)
      .set({ searchText: sql`${$('searchText')}` })
      // Whoever renamed them since has derived it too.
      .where(and(eq(users.id, $('id')), eq(users.username, $('username')))),
  )
  return {
    name: 'user',
    *after(tx: Tx, id: number, limit: number): Steps<number[]> {
      return (yield* tx.run(idsAfter, { id, limit })).map((row) => row.id)
    },
    *settle(tx: Tx, id: number): Steps<void> {
      const [row] = yield* tx.run(nameOf, { id })
      if (row) yield* tx.run(derive, { id, ...row, searchText: searchText([row.username]) })
    },
  }
}
