import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { sqliteFile } from '../../src/db/open.ts'
import type { Steps, Tx } from '../../src/db/store.ts'
import { engine, openStore } from '../database.ts'
import { declareLeases, openLeases } from './leases.ts'
import { connect } from './raw.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'only SQLite has one writer' }
type Leases = Awaited<ReturnType<typeof openLeases>>

/** Puts rows that take the event loop for `ms` each. */
const rows = (names: string[], { insert }: Pick<Leases, 'insert'>, ms = 0) =>
  function* (tx: Tx): Steps<number> {
    for (const name of names) {
      yield* tx.run(insert, { name })
      for (const end = performance.now() + ms; performance.now() < end;);
    }
    return names.length
  }
const many = Array.from({ length: 40 }, (_, i) => `row ${String(i).padStart(2, '0')}`)

await test('a long transaction is seen whole or not at all, and others read meanwhile', async (t) => {
  const leases = await openLeases(t)
  const { store, names } = leases
  const progress = { isDone: false }
  const done = store.longTransaction(rows(many, leases, 2)).finally(() => (progress.isDone = true))
  const seen = new Set<number>()
  let turns = 0
  while (!progress.isDone) {
    await turn()
    const { length } = await names()
    if (!progress.isDone) seen.add(length)
    turns += 1
  }
  t.equal(await done, many.length)
  // On PostgreSQL others may see it a moment before we are told.
  for (const length of seen) t.ok(length === 0 || length === many.length, `${length} rows`)
  t.ok(turns > 10, `${turns} turns for others`)
  t.same(await names(), many)
})

await test('what it throws undoes it, and it may go on after a part that failed', async (t) => {
  const leases = await openLeases(t)
  const { store, names, insert, put } = leases
  await put('taken')
  const error = new Error('changed my mind')
  await t.rejects(
    store.longTransaction(function* (tx) {
      yield* rows(many, leases)(tx)
      throw error
    }),
    error,
  )
  t.same(await names(), ['taken'])
  await t.rejects(
    store.longTransaction(function* (tx) {
      try {
        yield* tx.run(insert, { name: 'taken' })
      } catch {
        yield* tx.run(insert, { name: 'never' })
      }
    }),
  )
  t.same(await names(), ['taken'])
  const attempts = await store.longTransaction(function* (tx) {
    const failed = yield* tx.attempt(() => tx.run(insert, { name: 'taken' }))
    yield* tx.run(insert, { name: 'kept' })
    const found = yield* tx.query((q) => q.select().from(store.tables.leases))
    return [failed.ok, found.length]
  })
  t.same(attempts, [false, 2])
  t.same(await names(), ['kept', 'taken'])
})

await test('two of them go one after the other', async (t) => {
  const leases = await openLeases(t)
  const { store, names, insert } = leases
  const order: string[] = []
  const one = (name: string) =>
    store.longTransaction(function* (tx) {
      order.push(`${name} begins`)
      yield* tx.run(insert, { name })
      yield* rows(
        many.map((row) => `${row} ${name}`),
        leases,
        1,
      )(tx)
      order.push(`${name} ends`)
    })
  await Promise.all([one('a'), one('b')])
  t.same(order, ['a begins', 'a ends', 'b begins', 'b ends'])
  t.equal((await names()).length, 2 * many.length + 2)
})

await test('writes wait until it is over, in their order', sqliteOnly, async (t) => {
  const leases = await openLeases(t)
  const { store, names, put } = leases
  const order: string[] = []
  const note = (what: string) => () => void order.push(what)
  const begun = Promise.withResolvers<void>()
  const long = store.longTransaction(function* (tx) {
    begun.resolve()
    // Longer than a write would wait for another process.
    yield* rows(many, leases, 40)(tx)
  })
  await Promise.all([
    long.then(note('long')),
    begun.promise.then(() => put('after 1')).then(note('after 1')),
    begun.promise.then(() => put('after 2')).then(note('after 2')),
  ])
  t.same(order, ['long', 'after 1', 'after 2'])
  t.same((await names()).slice(0, 2), ['after 1', 'after 2'])
})

await test(
  'of two of them the second waits for those who waited for the first',
  sqliteOnly,
  async (t) => {
    const leases = await openLeases(t)
    const { store, put } = leases
    const order: string[] = []
    const begun = Promise.withResolvers<void>()
    const long = (name: string) =>
      store.longTransaction(function* (tx) {
        begun.resolve()
        yield* rows([name, ...many.map((row) => `${row} ${name}`)], leases, 1)(tx)
      })
    await Promise.all([
      long('a').then(() => order.push('a')),
      long('b').then(() => order.push('b')),
      begun.promise.then(() => put('write')).then(() => order.push('write')),
    ])
    t.same(order, ['a', 'write', 'b'])
  },
)

await test('who watches what it wrote is told', async (t) => {
  const leases = await openLeases(t)
  const { store } = leases
  const watch = store.watch('leases')
  const before = watch.stamp()
  await store.longTransaction(rows(many, leases))
  if (engine === 'sqlite') t.not(watch.stamp(), before)
  else t.equal(watch.stamp(), undefined)
})

await test('who waits for a table to be written is woken', sqliteOnly, async (t) => {
  const leases = await openLeases(t)
  const { store } = leases
  let woken = 0
  const signal = store.signal(['leases'], () => void (woken += 1))
  const done = store.longTransaction(rows(many, leases, 1))
  await turn()
  t.equal(woken, 0, 'not before it is there to be read')
  await done
  await turn()
  t.equal(woken, 1)
  await signal.close()
})

await test('a store that closes waits for it', async (t) => {
  const leases = await openLeases(t)
  const { store, url, close } = leases
  const order: string[] = []
  const done = [['first'], many].map((names, i) =>
    store.longTransaction(rows(names, leases, 1)).then(() => order.push(`long ${i}`)),
  )
  await turn()
  await close().then(() => order.push('closed'))
  await Promise.all(done)
  t.same(order, ['long 0', 'long 1', 'closed'])
  const again = await openStore(url)
  const { all } = declareLeases(again)
  t.equal((await again.read(all)).length, many.length + 1)
  await again.close()
})

await test('while another process keeps the file it is refused', sqliteOnly, async (t) => {
  const leases = await openLeases(t)
  const { store, url, names, put } = leases
  const other = connect(t, sqliteFile(url) ?? '')
  other.exec('BEGIN IMMEDIATE')
  await t.rejects(store.longTransaction(rows(many, leases)), { code: 'OVERLOADED' })
  t.same(await names(), [])
  setTimeout(() => other.exec('COMMIT'), 20)
  t.equal(await store.longTransaction(rows(many, leases)), many.length, 'tried again')
  await put('later')
  t.equal((await names()).length, many.length + 1)
})

await test('another process that comes between is waited for', sqliteOnly, async (t) => {
  const leases = await openLeases(t)
  const { store, url, names, put } = leases
  const other = connect(t, sqliteFile(url) ?? '')
  // What a statement needs at its first use would part what is to be one group.
  await put('before')
  // On a busy machine the other comes too early now and then.
  for (const time of ['first', 'second', 'third']) {
    const before = (await names()).length
    const come = put(time).then(() => {
      other.exec('BEGIN IMMEDIATE')
      setTimeout(() => other.exec('COMMIT'), 20)
    })
    const these = many.map((name) => `${time} ${name}`)
    t.equal(await store.longTransaction(rows(these, leases)), many.length)
    await come
    t.equal((await names()).length, before + many.length + 1)
  }
})

await test(
  'a database in memory has one connection: it is a transaction',
  sqliteOnly,
  async (t) => {
    const store = await openStore('sqlite::memory:')
    t.teardown(() => store.close())
    const { put: insert, all } = declareLeases(store)
    t.equal(await store.longTransaction(rows(many, { insert })), many.length)
    t.equal((await store.read(all)).length, many.length)
  },
)
