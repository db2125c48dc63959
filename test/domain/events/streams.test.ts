import { test } from 'tap'
import { type Change, createChanges } from '../../../src/domain/changes.ts'
import { HEARTBEAT, LOOK } from '../../../src/domain/events/streams.ts'
import { engine, openStore } from '../../database.ts'
import { addUser } from '../../db/users.ts'
import { movableClock } from '../../helper.ts'
import { bucket, holds, open, signIn } from './open.ts'

await test('a sink that is full is told nothing more, until it is ready: then all of it', async (t) => {
  const { streams, principal, happen } = await open(t)
  const full = bucket(3)
  const stream = await streams.open(principal)
  stream.begin(full.sink)
  await happen(5)
  t.strictSame(await holds(full, 3), ['beat 0', 1, 2])
  const other = bucket()
  ;(await streams.open(principal, 0)).begin(other.sink)
  t.strictSame(await holds(other, 6), ['beat 0', 1, 2, 3, 4, 5])
  t.equal(full.told.length, 3)
  full.takes = 2
  stream.ready()
  t.strictSame(await holds(full, 5), ['beat 0', 1, 2, 3, 4])
  full.takes = Infinity
  stream.ready()
  stream.ready()
  t.strictSame(await holds(full, 6), ['beat 0', 1, 2, 3, 4, 5])
  await happen()
  for (const one of [full, other]) t.equal((await holds(one, 7)).at(-1), 6)
})

await test('a sink that is full from the beginning is told from there', async (t) => {
  const { streams, principal, happen, timers } = await open(t)
  const full = bucket(1)
  const stream = await streams.open(principal, 9)
  stream.begin(full.sink)
  await happen(2)
  timers.fire(LOOK)
  t.strictSame(await holds(full, 1), ['reset 0'])
  full.takes = Infinity
  stream.ready()
  t.strictSame(await holds(full, 3), ['reset 0', 1, 2])
})

await test('a stream that ends before it has begun begins no more', async (t) => {
  const { streams, principal, timers, store } = await open(t)
  const [ended, gone] = [bucket(), bucket()]
  const first = await streams.open(principal)
  const second = await streams.open(await signIn(store, principal.id, 'another'))
  second.close()
  second.begin(gone.sink)
  const { sessions } = store.tables
  await store.write(
    store.define('test_end', (q) => q.update(sessions).set({ endedAt: new Date() })),
  )
  timers.fire(HEARTBEAT)
  while (streams.size > 0) await new Promise(setImmediate)
  first.begin(ended.sink)
  first.ready()
  t.strictSame([ended.told, gone.told], [['session'], []])
  t.equal(timers.size, 0)
})

await test('what another process writes is seen at the next look', async (t) => {
  const { streams, principal, timers, url, happen } = await open(t)
  const one = bucket()
  ;(await streams.open(principal)).begin(one.sink)
  await happen()
  await holds(one, 2)
  const beside = await openStore(url)
  t.teardown(() => beside.close())
  const changes = createChanges({ store: beside, clock: movableClock() })
  await beside.transaction((tx) =>
    changes.record(tx, [{ type: 'book.deleted', resourceId: 7, userId: 9 }]),
  )
  if (engine === 'sqlite') timers.fire(LOOK)
  t.equal((await holds(one, 3)).at(-1), 2)
})

await test('S45 of an event that no resource has nobody is told, as it happens or later', async (t) => {
  const { streams, principal, store, changes, happen } = await open(t)
  const bob = await addUser(store)({ username: 'bob' })
  const stranger = await signIn(store, bob.id, 'of bob')
  const readers = [principal, stranger]
  const buckets = readers.map(() => bucket())
  for (const [i, reader] of readers.entries()) (await streams.open(reader)).begin(buckets[i]!.sink)
  for (const type of ['note.created', 'post.hidden', 'posts.created', 'todo', '']) {
    // The cast: a version that knows more writes it.
    const change = { type: type as Change['type'], resourceId: 1, userId: principal.id }
    await store.transaction((tx) => changes.record(tx, [change]))
  }
  await happen()
  for (const one of buckets) t.strictSame(await holds(one, 2), ['beat 0', 6])
  for (const reader of readers) {
    const later = bucket()
    ;(await streams.open(reader, 0)).begin(later.sink)
    t.strictSame(await holds(later, 2), ['beat 0', 6])
  }
})

await test('a reader that has gone is told nothing more', async (t) => {
  const { streams, principal, happen, timers } = await open(t)
  const [gone, stays] = [bucket(), bucket()]
  const stream = await streams.open(principal)
  stream.begin(gone.sink)
  ;(await streams.open(principal)).begin(stays.sink)
  await happen()
  for (const one of [gone, stays]) await holds(one, 2)
  stream.close()
  stream.close()
  stream.ready()
  t.equal(streams.size, 1)
  await happen()
  timers.fire(HEARTBEAT)
  await holds(stays, 4)
  t.strictSame(gone.told, ['beat 0', 1])
})

await test('once closed, all are ended and none is opened', async (t) => {
  const { streams, principal, timers, happen } = await open(t)
  const one = bucket()
  ;(await streams.open(principal)).begin(one.sink)
  const writing = happen(3)
  await streams.close()
  t.equal(one.told.at(-1), 'closing')
  t.equal(timers.size, 0)
  await t.rejects(streams.open(principal), { code: 'OVERLOADED', retryAfter: 15 })
  await writing
})
