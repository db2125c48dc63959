import { desc, like, sql } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { perShape, violatedUnique } from '../../src/db/store.ts'
import { engine, openStore } from '../database.ts'
import { addUser } from './users.ts'
import { declareLeases, openLeases } from './leases.ts'

const fault = (work: Promise<unknown>) => work.then(() => undefined, violatedUnique)

await test('a declared statement reads and writes with the values of each call', async (t) => {
  const { store, put, rename, names } = await openLeases(t)
  t.equal(store.engine, engine)
  await put('a')
  await put('b')
  t.match(await store.write(rename, { name: 'b', to: 'c' }), [{ name: 'c', holder: 'test' }])
  t.strictSame(await store.write(rename, { name: 'b', to: 'd' }), [], 'nothing is called b now')
  t.strictSame(await names(), ['a', 'c'])
})

await test('a query may take its shape from the call', async (t) => {
  const { store, put } = await openLeases(t)
  const { leases } = store.tables
  for (const name of ['a1', 'a2', 'b1']) await put(name)
  const found = await store.query((q) =>
    q
      .select({ name: leases.name })
      .from(leases)
      .where(like(leases.name, 'a%'))
      .orderBy(desc(leases.name)),
  )
  t.strictSame(found, [{ name: 'a2' }, { name: 'a1' }])
})

await test('a name is declared once in a store, and again in another', async (t) => {
  const { store, url, insert } = await openLeases(t)
  t.throws(() => store.define(insert.name, insert.build), {
    message: `statement ${insert.name} is already defined`,
  })
  const other = await openStore(url)
  t.teardown(() => other.close())
  t.doesNotThrow(() => declareLeases(other))
})

await test('names that differ after 63 characters are different statements', async (t) => {
  const { store, put } = await openLeases(t)
  const { leases } = store.tables
  await put('a')
  const columns = perShape((shape) =>
    store.define(`${'long_'.repeat(20)}${shape}`, (q) =>
      q
        .select({ value: sql<string>`${shape === 'name' ? leases.name : leases.holder}` })
        .from(leases),
    ),
  )
  for (const round of ['first', 'again']) {
    t.strictSame(await store.read(columns('name')), [{ value: 'a' }], round)
    t.strictSame(await store.read(columns('holder')), [{ value: 'test' }], round)
  }
})

await test('a unique index that was run into is named alike on both engines', async (t) => {
  const { store, put } = await openLeases(t)
  const add = addUser(store)
  await add({ username: 'alice', email: 'alice@example.com' })
  t.equal(await fault(add({ username: 'alice' })), 'users_username_key')
  t.equal(await fault(add({ username: 'bob', email: 'alice@example.com' })), 'users_email_key')
  await put('a')
  t.match(await fault(put('a')), /^leases_/, 'a primary key too')
  t.equal(await fault(put(null)), undefined, 'an absent value is another fault')
  t.equal(violatedUnique(new Error('x', { cause: 'y' })), undefined)
  t.equal(await fault(add({ username: 'carol' })), undefined)
})

await test('a foreign key is enforced, and deleting a user takes what they own', async (t) => {
  const { store } = await openLeases(t)
  const { posts, users } = store.tables
  const now = new Date()
  const post = (userId: number) =>
    store.transaction((tx) =>
      tx.query((q) =>
        q
          .insert(posts)
          .values({ userId, title: 't', content: 'c', createdAt: now, updatedAt: now }),
      ),
    )
  await t.rejects(post(1), 'nobody has this id')
  const { id } = await addUser(store)({ username: 'alice' })
  await post(id)
  t.equal((await store.query((q) => q.select().from(posts))).length, 1)
  await store.transaction((tx) => tx.query((q) => q.delete(users)))
  t.strictSame(await store.query((q) => q.select().from(posts)), [])
})

await test('an id is never given twice', async (t) => {
  const { store } = await openLeases(t)
  const add = addUser(store)
  const { id } = await add({ username: 'alice' })
  await store.transaction((tx) => tx.query((q) => q.delete(store.tables.users)))
  const { id: next } = await add({ username: 'alice' })
  t.ok(next > id, `${next} comes after ${id}`)
})

await test('S74 closing waits for the writes that are queued', async (t) => {
  const { store, url, put, close } = await openLeases(t)
  // More than one group on SQLite, more than there are connections on PostgreSQL.
  const length = engine === 'sqlite' ? 600 : 30
  const names = Array.from({ length }, (_, i) => `lease ${String(i).padStart(3, '0')}`)
  const writes = Promise.allSettled(names.map(put))
  await close()
  const outcomes = await writes
  t.strictSame(
    outcomes.filter(({ status }) => status === 'rejected'),
    [],
  )
  await t.rejects(store.ping(), 'it is closed')

  const again = await openStore(url)
  t.teardown(() => again.close())
  t.equal((await again.read(declareLeases(again).all)).length, names.length)
})
