import { eq } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { engine, openStore } from '../database.ts'
import { addUser } from './users.ts'
import { MOMENT, openLeases } from './leases.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'PostgreSQL tells nothing without a query' }
const postgresOnly = { skip: engine === 'sqlite' && 'SQLite gives one' }

await test('PostgreSQL gives no stamp, so nothing is kept', postgresOnly, async (t) => {
  const { store, put } = await openLeases(t)
  const watch = store.watch('leases')
  t.equal(watch.stamp(), undefined)
  await put('a')
  t.equal(watch.stamp(), undefined)
})

await test('a write to a watched table moves the stamp', sqliteOnly, async (t) => {
  const { store, put, rename } = await openLeases(t)
  const { leases } = store.tables
  const watch = store.watch('users', 'leases')
  let last = watch.stamp()
  t.type(last, 'number')
  t.equal(watch.stamp(), last, 'looking does not move it')
  const moved = (what: string) => {
    const stamp = watch.stamp()
    t.not(stamp, last, what)
    last = stamp
  }
  await put('a')
  moved('an insert')
  await store.write(rename, { name: 'a', to: 'b' })
  moved('an update')
  await store.transaction((tx) => tx.run(rename, { name: 'b', to: 'c' }))
  moved('a transaction')
  await store.transaction((tx) => tx.query((q) => q.delete(leases).where(eq(leases.name, 'c'))))
  moved('a delete that is built by the call')
  await addUser(store)({ username: 'alice' })
  moved('a write to another of the watched tables')
})

await test('what leaves the watched tables alone leaves the stamp', sqliteOnly, async (t) => {
  const { store, put, names } = await openLeases(t)
  const watch = store.watch('users')
  const other = store.watch('leases')
  const stamp = watch.stamp()
  const otherStamp = other.stamp()
  await put('a')
  await names()
  t.equal(watch.stamp(), stamp, 'a write to another table, and a read')
  t.not(other.stamp(), otherStamp, 'which another watch sees')
})

await test(
  'a write by another connection moves the stamp of every watch',
  sqliteOnly,
  async (t) => {
    const { store, url } = await openLeases(t)
    const watches = [store.watch('users'), store.watch('leases')]
    const stamps = () => watches.map((watch) => watch.stamp())
    const before = stamps()
    const other = await openStore(url)
    t.teardown(() => other.close())
    t.strictSame(stamps(), before, 'opening is not writing')
    await other.transaction((tx) =>
      tx.query((q) =>
        q.insert(other.tables.leases).values({ name: 'a', holder: 'other', until: MOMENT }),
      ),
    )
    const after = stamps()
    for (const [i, stamp] of after.entries()) t.not(stamp, before[i])
    t.strictSame(stamps(), after, 'once')
  },
)

await test('who looks before the write ends sees the stamp move with it', sqliteOnly, async (t) => {
  const { store, put } = await openLeases(t)
  const watch = store.watch('leases')
  const before = watch.stamp()
  const writing = put('a')
  t.equal(watch.stamp(), before, 'it waits in its group')
  await writing
  t.not(watch.stamp(), before)
})
