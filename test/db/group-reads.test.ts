import { once } from 'node:events'
import { connect as connectTo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/index.ts'
import { sqliteFile } from '../../src/db/open.ts'
import { openBackend } from '../../src/open-backend.ts'
import { engine } from '../database.ts'
import { openLeases } from './leases.ts'
import { connect } from './raw.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'there each read has a connection of its own' }

/** A store, and what stands for another process: a connection of its own to the same file. */
async function openBoth(t: Parameters<typeof openLeases>[0]) {
  const leases = await openLeases(t)
  const other = connect(t, sqliteFile(leases.url) ?? '')
  const insert = other.prepare(`INSERT INTO leases VALUES (?, 'other', 0)`)
  return { ...leases, putElsewhere: (name: string) => void insert.run(name) }
}

await test(
  'reads of one turn share a snapshot, and the next turn has a new one',
  sqliteOnly,
  async (t) => {
    const { store, names, putElsewhere } = await openBoth(t)
    const watch = store.watch('leases')
    const before = watch.stamp()
    store.shareReads()
    t.same(await names(), [])
    putElsewhere('a')
    t.same(await names(), [], 'the snapshot')
    t.equal(watch.stamp(), before, 'is what a watch looks at')
    await turn()
    t.same(await names(), ['a'])
    t.not(watch.stamp(), before)
  },
)

await test('a read that nobody asked to share sees what is there', sqliteOnly, async (t) => {
  const { names, putElsewhere } = await openBoth(t)
  t.same(await names(), [])
  putElsewhere('a')
  t.same(await names(), ['a'])
})

await test('whoever wrote reads what they wrote, in the same turn', sqliteOnly, async (t) => {
  const { store, names, put, insert } = await openLeases(t)
  const writing = put('a')
  store.shareReads()
  t.same(await names(), [])
  await writing
  t.same(await names(), ['a'], 'in a group')
  await turn()
  // The end of a long transaction is in a turn that has begun before.
  const long = store.longTransaction(function* (tx) {
    yield* tx.run(insert, { name: 'b' })
    store.shareReads()
    void names()
  })
  await long
  t.same(await names(), ['a', 'b'], 'in a long transaction')
})

await test(
  'a read that fails spoils no other, nor what is written after it',
  sqliteOnly,
  async (t) => {
    const { store, names, put } = await openLeases(t)
    store.shareReads()
    t.same(await names(), [])
    await t.rejects(
      store.query((q) => q.select({ none: store.tables.users.id }).from(store.tables.leases)),
    )
    t.same(await names(), [])
    await put('a')
    t.same(await names(), ['a'])
  },
)

await test(
  'a store that closes while reads share has nothing left to end',
  sqliteOnly,
  async (t) => {
    const { store, names, close } = await openLeases(t)
    store.shareReads()
    await names()
    await close()
    await turn()
    await t.rejects(names())
  },
)

await test('requests that come in together read together', sqliteOnly, async (t) => {
  const { url } = await openBoth(t)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url })
  const { backend, close } = await openBackend(config)
  let shared = 0
  const store = {
    ...backend.store,
    shareReads() {
      shared += 1
      backend.store.shareReads()
    },
  }
  const app = await buildApp(config, { backend: { ...backend, store } })
  t.teardown(async () => {
    await app.close()
    await close()
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const socket = connectTo(port ?? 0, '127.0.0.1')
  const get = 'GET /api/v1/posts/1 HTTP/1.1\r\nHost: localhost\r\n\r\n'
  socket.end(get + get)
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(socket, 'end')
  t.equal(text.match(/404 Not Found/g)?.length, 2)
  t.equal(shared, 2)
})
