import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { engine } from '../database.ts'
import { openLeases } from './leases.ts'
import { connect, holdTime, openNotes } from './raw.ts'
import { sqliteFile } from '../../src/db/open.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'only SQLite commits in groups' }

await test(
  'S74 writes that wait together share one commit, and are answered after it',
  sqliteOnly,
  async (t) => {
    const { commit, add, kept, ran } = openNotes(t)
    holdTime(t)
    const answers = await Promise.all(
      ['a', 'b', 'c'].map(async (text) => {
        const value = await commit(() => {
          add(text)
          return text.toUpperCase()
        })
        t.strictSame(kept(), ['a', 'b', 'c'], 'another connection sees all of them by now')
        return value
      }),
    )
    t.strictSame(answers, ['A', 'B', 'C'])
    t.equal(ran('COMMIT'), 1)
    await commit(() => add('d'))
    t.equal(ran('COMMIT'), 2)
  },
)

await test('a group holds so many units and no more', sqliteOnly, async (t) => {
  const { commit, add, kept, ran } = openNotes(t, { units: 4 })
  holdTime(t)
  const texts = Array.from({ length: 10 }, (_, i) => String(i))
  await Promise.all(texts.map((text) => commit(() => add(text))))
  t.strictSame(kept(), texts)
  t.equal(ran('COMMIT'), 3)
})

await test(
  'units that take long do not keep the others waiting for their commit',
  sqliteOnly,
  async (t) => {
    const { commit, ran } = openNotes(t)
    const time = holdTime(t)
    await Promise.all([1, 2, 3].map(() => commit(() => time.advance(6))))
    t.equal(ran('COMMIT'), 3)
  },
)

await test('one failed unit is rolled back alone, and told why', sqliteOnly, async (t) => {
  const { commit, add, kept, ran } = openNotes(t)
  holdTime(t)
  const error = new Error('changed my mind')
  const outcomes = await Promise.allSettled([
    commit(() => add('a')),
    commit(() => {
      add('lost')
      throw error
    }),
    commit(() => {
      add('lost too')
      add('a')
    }),
    commit(() => add('b')),
  ])
  t.match(outcomes, [
    { status: 'fulfilled' },
    { reason: error },
    { reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } },
    { status: 'fulfilled' },
  ])
  t.strictSame(kept(), ['a', 'b'])
  t.equal(ran('COMMIT'), 1)
})

await test('who writes while a group is answered is in the next one', sqliteOnly, async (t) => {
  const { commit, add, kept, ran } = openNotes(t)
  holdTime(t)
  await commit(() => add('a')).then(() => commit(() => add('b')))
  await turn()
  t.strictSame(kept(), ['a', 'b'])
  t.equal(ran('COMMIT'), 2)
})

await test('the queue is bounded: who comes too many is told at once', sqliteOnly, async (t) => {
  const { commit, ran } = openNotes(t)
  const accepted = Array.from({ length: 8192 }, (_, i) => commit(() => i))
  await t.rejects(
    commit(() => 'one too many'),
    { code: 'OVERLOADED', statusCode: 503, retryAfter: 1 },
  )
  t.equal(ran('BEGIN'), 0, 'before anything was written')
  t.strictSame(
    await Promise.all(accepted),
    accepted.map((_, i) => i),
  )
  t.equal(await commit(() => 'room again'), 'room again')
})

await test(
  'a lock that another process holds for a while is waited for, and the event loop goes on',
  sqliteOnly,
  async (t) => {
    const { put, names, url } = await openLeases(t)
    const other = connect(t, sqliteFile(url)!)
    other.exec('BEGIN IMMEDIATE')
    const writing = ['a', 'b', 'c'].map(put)
    // Blocked until it gives up, the loop would come to this timer only after the refusal.
    setTimeout(() => other.exec('COMMIT'), 60)
    await Promise.all(writing)
    t.strictSame(await names(), ['a', 'b', 'c'])
  },
)

await test(
  'a lock that stays is answered with 503 while reads go on, and writes work when it is gone',
  sqliteOnly,
  async (t) => {
    const { put, names, url } = await openLeases(t)
    await put('earlier')
    const other = connect(t, sqliteFile(url)!)
    other.exec('BEGIN IMMEDIATE')
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map(put))
    let reads = 0
    const reading = setInterval(() => {
      names().then((found) => (reads += found.length), t.error)
    }, 1)
    for (const outcome of await outcomes)
      t.match(outcome, { reason: { code: 'OVERLOADED', statusCode: 503, retryAfter: 1 } })
    clearInterval(reading)
    t.ok(reads >= 5, `${reads} reads between the tries`)
    other.exec('COMMIT')
    await put('later')
    t.strictSame(await names(), ['earlier', 'later'], 'nothing of what was refused')
  },
)

await test(
  'closing under a lock that stays refuses what waits, and closes',
  sqliteOnly,
  async (t) => {
    const { put, close, store, url } = await openLeases(t)
    const other = connect(t, sqliteFile(url)!)
    other.exec('BEGIN IMMEDIATE')
    const writing = put('a')
    const closing = close().catch((error: unknown) => error)
    await t.rejects(writing, { code: 'OVERLOADED' })
    t.equal(await closing, undefined, 'whoever waited has been told: closing has nothing to add')
    await t.rejects(store.ping(), { message: 'The database connection is not open' })
  },
)
