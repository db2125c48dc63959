import { test } from 'tap'
import { Overloaded } from '../../../src/base/errors.ts'
import { HEARTBEAT, LOOK } from '../../../src/domain/events/streams.ts'
import { bucket, holds, open, range } from './open.ts'

await test('a database that is busy is asked again, and nothing is lost', async (t) => {
  const { streams, principal, happen, timers, faults } = await open(t)
  const one = bucket()
  ;(await streams.open(principal)).begin(one.sink)
  await happen()
  await holds(one, 2)
  const late = bucket()
  const resumed = await streams.open(principal, 0)
  faults.next = new Overloaded()
  await t.rejects(streams.open(principal), { code: 'OVERLOADED' })
  t.equal(streams.size, 2, 'a stream that cannot be opened is none')
  resumed.begin(late.sink)
  await happen()
  while (faults.times < 2) await new Promise(setImmediate)
  timers.fire(LOOK)
  timers.fire(HEARTBEAT)
  while (faults.times < 3) await new Promise(setImmediate)
  faults.next = undefined
  while (!one.told.includes(2) || !late.told.includes(2)) {
    await new Promise(setImmediate)
    timers.fire(LOOK)
  }
  for (const { told } of [one, late])
    t.strictSame(
      told.filter((what) => typeof what === 'number'),
      [1, 2],
    )
})

await test('what was told before the database was busy is not told again', async (t) => {
  const { streams, principal, timers, faults, store, changes } = await open(t)
  const one = bucket()
  ;(await streams.open(principal)).begin(one.sink)
  timers.fire(LOOK)
  await holds(one, 1)
  // One entry needs a record, and is far behind the first: those before it are told.
  const { id: userId } = principal
  faults.next = new Overloaded()
  faults.at = /^events_books/
  await store.transaction((tx) =>
    changes.record(
      tx,
      Array.from({ length: 80 }, (_, i) => ({
        type: i === 79 ? ('book.created' as const) : ('post.deleted' as const),
        resourceId: 1,
        userId,
      })),
    ),
  )
  while (faults.times === 0) await new Promise(setImmediate)
  t.strictSame(one.told.slice(1), range(1, 50))
  faults.next = undefined
  while (one.told.length < 81) {
    await new Promise(setImmediate)
    timers.fire(LOOK)
  }
  t.strictSame(one.told.slice(1), range(1, 80))
})

await test('who is behind when the log is purged is told that something is missing', async (t) => {
  const { streams, principal, timers, faults, happen, forget } = await open(t)
  const [full, live] = [bucket(2), bucket()]
  const stream = await streams.open(principal)
  stream.begin(full.sink)
  ;(await streams.open(principal)).begin(live.sink)
  await happen()
  for (const one of [full, live]) t.strictSame(await holds(one, 2), ['beat 0', 1])
  await happen(4)
  await holds(live, 6)
  await forget()
  full.takes = Infinity
  stream.ready()
  t.strictSame(await holds(full, 3), ['beat 0', 1, 'reset 5'])

  // The shared reader was away for longer than the log reaches back.
  faults.next = new Overloaded()
  await happen(4)
  while (faults.times === 0) await new Promise(setImmediate)
  await forget()
  faults.next = undefined
  while (live.told.length < 7) {
    await new Promise(setImmediate)
    timers.fire(LOOK)
  }
  await happen()
  for (const one of [full, live]) {
    while (one.told.at(-1) !== 10) await new Promise(setImmediate)
    t.strictSame(one.told.slice(-2), ['reset 9', 10])
  }
})

await test('a fault of ours ends the streams, and the next ones are whole', async (t) => {
  const { streams, principal, happen, faults } = await open(t)
  const buckets = [bucket(), bucket()]
  for (const { sink } of buckets) (await streams.open(principal)).begin(sink)
  await happen()
  for (const one of buckets) await holds(one, 2)
  faults.next = new Error('no such table')
  await happen()
  for (const one of buckets) {
    t.strictSame(await holds(one, 3), ['beat 0', 1, 'fault'])
    t.equal(one.error, faults.next)
  }
  t.equal(streams.size, 0)
  faults.next = undefined
  const next = bucket()
  ;(await streams.open(principal, 1)).begin(next.sink)
  t.strictSame(await holds(next, 2), ['beat 1', 2])
})
