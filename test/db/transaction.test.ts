import { test } from 'tap'
import { violatedUnique, type Attempt, type Steps, type Tx } from '../../src/db/store.ts'
import { openLeases } from './leases.ts'

type Finish = (tx: Tx) => Steps<unknown>
const violationOf = (attempt: Attempt<unknown> | undefined) =>
  attempt && !attempt.ok ? violatedUnique(attempt.error) : undefined

await test('a transaction commits all its writes and reads them on the way', async (t) => {
  const { store, insert, all, names } = await openLeases(t)
  const seen = await store.transaction(function* (tx) {
    yield* tx.run(insert, { name: 'a' })
    const between = yield* tx.run(all)
    yield* tx.run(insert, { name: 'b' })
    return between
  })
  t.strictSame(seen, [{ name: 'a' }])
  t.strictSame(await names(), ['a', 'b'])
})

await test('an error of the body after a write leaves nothing', async (t) => {
  const { store, insert, names } = await openLeases(t)
  const error = new Error('changed my mind')
  const work = store.transaction(function* (tx) {
    yield* tx.run(insert, { name: 'a' })
    throw error
  })
  t.equal(await work.catch((reason: unknown) => reason), error, 'the same error comes out')
  t.strictSame(await names(), [])
  await t.rejects(
    store.transaction(() => {
      throw error
    }),
    error,
    'before the first step too',
  )
})

await test('a statement that fails undoes what came before it', async (t) => {
  const { store, put, insert, names } = await openLeases(t)
  await put('taken')
  const work = store.transaction(function* (tx) {
    yield* tx.run(insert, { name: 'a' })
    yield* tx.run(insert, { name: 'taken' })
  })
  t.match(await work.catch(violatedUnique), /^leases_/)
  t.strictSame(await names(), ['taken'])
})

await test('the error of a statement enters the body, which may put it in other words', async (t) => {
  const { store, put, insert, names } = await openLeases(t)
  await put('taken')
  const work = store.transaction(function* (tx) {
    yield* tx.run(insert, { name: 'a' })
    try {
      yield* tx.run(insert, { name: 'taken' })
    } catch (error) {
      throw new Error('somebody was faster', { cause: error })
    }
  })
  await t.rejects(work, { message: 'somebody was faster' })
  t.strictSame(await names(), ['taken'])
})

await test('S74 a body that swallows the error of a statement is not told that it committed', async (t) => {
  const { store, put, insert, names } = await openLeases(t)
  await put('taken')
  const finishes: Record<string, Finish> = {
    'and returns': function* () {},
    'and writes on': function* (tx) {
      yield* tx.run(insert, { name: 'b' })
    },
    'and swallows the next one too': function* (tx) {
      try {
        yield* tx.run(insert, { name: 'b' })
      } catch {}
    },
  }
  for (const [what, finish] of Object.entries(finishes)) {
    const work = store.transaction(function* (tx) {
      yield* tx.run(insert, { name: 'a' })
      try {
        yield* tx.run(insert, { name: 'taken' })
      } catch {}
      yield* finish(tx)
    })
    t.match(await work.catch(violatedUnique), /^leases_/, what)
    t.strictSame(await names(), ['taken'], what)
  }
})

await test('a part that is attempted may fail alone', async (t) => {
  const { store, put, insert, names } = await openLeases(t)
  await put('taken')
  const results = await store.transaction(function* (tx) {
    yield* tx.run(insert, { name: 'before' })
    const first = yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'good' })
      return 'done'
    })
    const second = yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'lost' })
      yield* tx.run(insert, { name: 'taken' })
    })
    const third = yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'lost' })
      throw new Error('not this')
    })
    yield* tx.run(insert, { name: 'after' })
    return [first, second, third]
  })
  const [good, bad, thrown] = results
  t.strictSame(good, { ok: true, value: 'done' })
  t.match(bad, { ok: false })
  t.match(violationOf(bad), /^leases_/)
  t.match(thrown, { ok: false, error: { message: 'not this' } })
  t.strictSame(await names(), ['after', 'before', 'good', 'taken'])
})

await test('attempts nest, and one that swallows an error has failed', async (t) => {
  const { store, put, insert, names } = await openLeases(t)
  await put('taken')
  const results = await store.transaction(function* (tx) {
    const first = yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'outer' })
      return yield* tx.attempt(function* () {
        yield* tx.run(insert, { name: 'inner' })
        yield* tx.run(insert, { name: 'taken' })
      })
    })
    const second = yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'lost' })
      try {
        yield* tx.run(insert, { name: 'taken' })
      } catch {}
      return 'as if nothing had been'
    })
    return [first, second]
  })
  const [outer, swallowed] = results
  t.match(outer, { ok: true, value: { ok: false } })
  t.match(swallowed, { ok: false })
  t.match(violationOf(swallowed), /^leases_/)
  t.strictSame(await names(), ['outer', 'taken'])
})

await test('what was attempted goes when the transaction fails', async (t) => {
  const { store, insert, names } = await openLeases(t)
  const work = store.transaction(function* (tx) {
    yield* tx.attempt(function* () {
      yield* tx.run(insert, { name: 'attempted' })
    })
    throw new Error('after all')
  })
  await t.rejects(work, { message: 'after all' })
  t.strictSame(await names(), [])
})

await test('transactions at once are apart: each reads its own write only', async (t) => {
  const { store, insert, all, names } = await openLeases(t)
  const wanted = Array.from({ length: 8 }, (_, i) => `lease ${i}`)
  const outcomes = await Promise.allSettled(
    wanted.map((name, i) =>
      store.transaction(function* (tx) {
        const before = yield* tx.run(all)
        yield* tx.run(insert, { name })
        const after = yield* tx.run(all)
        if (i % 2 === 1) throw new Error('odd')
        return after.some((row) => row.name === name) && before.every((row) => row.name !== name)
      }),
    ),
  )
  for (const [i, outcome] of outcomes.entries())
    t.match(outcome, i % 2 === 1 ? { reason: { message: 'odd' } } : { value: true })
  t.strictSame(
    await names(),
    wanted.filter((_, i) => i % 2 === 0),
  )
})
