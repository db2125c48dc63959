import { test, type Test } from 'tap'
import { eq, sql } from '../../src/db/drizzle.ts'
import { migrate } from '../../src/db/open.ts'
import type { Store } from '../../src/db/store.ts'
import { engine, freshDatabase, openStore } from '../database.ts'
import { alter } from './bare.ts'
import { addUser } from './users.ts'

const TABLES = ['users', 'posts', 'todos', 'books']
const now = new Date()

/** The words in which something is found, by table. */
async function found(store: Store, word: string) {
  const matches = (table: string) =>
    engine === 'sqlite'
      ? sql.raw(`(select count(*) from ${table}_search where ${table}_search match '${word}')`)
      : sql.raw(`(select count(*) from ${table} where search_vector @@ '${word}'::tsquery)`)
  const counts: Record<string, number> = {}
  for (const table of TABLES) {
    const [row] = await store.query((q) =>
      q.select({ count: matches(table) }).from(sql`(select 1) as one`),
    )
    counts[table] = Number(row?.count)
  }
  return counts
}

/** Fails when an index says otherwise than its table. */
async function intact(t: Test, url: string) {
  if (engine === 'postgres') return
  for (const table of TABLES) {
    const check = `INSERT INTO ${table}_search(${table}_search, rank) VALUES ('integrity-check', 1)`
    await t.resolves(alter(url, check), table)
  }
}

await test('the full-text indexes follow every write, also a cascade', async (t) => {
  const url = await freshDatabase(t)
  await migrate(url)
  const store = await openStore(url)
  t.teardown(() => store.close())
  const { users, posts, todos, books } = store.tables
  const each = { users: 1, posts: 1, todos: 1, books: 1 }
  const none = { users: 0, posts: 0, todos: 0, books: 0 }

  for (const username of ['alice', 'bob']) {
    const { id: userId } = await addUser(store)({ username })
    const common = {
      userId,
      title: 't',
      searchText: `_u1 ${username}`,
      createdAt: now,
      updatedAt: now,
    }
    const todo = { ...common, titleKey: 't', completed: false }
    await store.transaction(function* (tx) {
      yield* tx.query((q) =>
        q.update(users).set({ searchText: username }).where(eq(users.id, userId)),
      )
      yield* tx.query((q) => q.insert(posts).values({ ...common, content: 'c' }))
      yield* tx.query((q) => q.insert(todos).values(todo))
      yield* tx.query((q) => q.insert(books).values({ ...common, author: 'a' }))
    })
  }
  t.strictSame(await found(store, 'alice'), each)
  t.strictSame(await found(store, 'bob'), each)
  await intact(t, url)

  const searchText = 'carol'
  await store.transaction((tx) => tx.query((q) => q.update(posts).set({ searchText })))
  t.strictSame(await found(store, 'bob'), { ...each, posts: 0 })
  t.strictSame(await found(store, 'carol'), { ...none, posts: 2 })
  await intact(t, url)

  await store.transaction((tx) => tx.query((q) => q.delete(users).where(eq(users.username, 'bob'))))
  t.strictSame(await found(store, 'bob'), none)
  t.strictSame(await found(store, 'carol'), { ...none, posts: 1 })
  t.strictSame(await found(store, 'alice'), { ...each, posts: 0 })
  await intact(t, url)
})
