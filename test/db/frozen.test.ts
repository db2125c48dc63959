import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { engine, freshDatabase } from '../database.ts'
import { openLeases } from './leases.ts'

const postgresOnly = { skip: engine === 'sqlite' && 'a file has no server' }
const overloaded = { code: 'OVERLOADED', statusCode: 503, retryAfter: 1 }

/** A store behind a proxy that can fall silent: connections stay, and nothing comes through. Its timers are moved by hand. */
async function openBehindProxy(t: Test) {
  const url = new URL(await freshDatabase(t))
  const { port, hostname } = url
  let isFrozen = false
  const { promise: held, resolve: hold } = Promise.withResolvers<string>()
  const ended: Array<Promise<unknown>> = []
  const proxy = createServer((client) => {
    const server = createConnection(Number(port), hostname)
    server.on('error', () => client.destroy())
    client.on('error', () => undefined)
    ended.push(once(client, 'close').finally(() => server.destroy()))
    server.on('data', (said) => void (isFrozen || client.write(said)))
    client.on('data', (said) => {
      if (isFrozen) hold(String(said))
      else server.write(said)
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  url.port = String((proxy.address() as AddressInfo).port)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return {
    ...(await openLeases(t, url.href)),
    freeze: () => void (isFrozen = true),
    /** What is held back, the first of it. */
    held,
    thaw: () => void (isFrozen = false),
    /** Of each connection that was made, when it is gone. */
    ended,
  }
}

await test(
  'S72 a connection that falls silent is 503 after eleven seconds, and is used no more',
  postgresOnly,
  async (t) => {
    const { put, names, freeze, held, thaw, ended } = await openBehindProxy(t)
    await put('kept')
    freeze()
    let answered = false
    const read = names().finally(() => (answered = true))
    const refused = t.rejects(read, overloaded)
    await held
    mock.timers.tick(10_500)
    await new Promise(setImmediate)
    t.equal(answered, false, 'the server has ten seconds, and a little more to say so')
    mock.timers.tick(500)
    await refused
    t.equal(ended.length, 1)
    await ended[0]
    thaw()
    t.strictSame(await names(), ['kept'])
    t.equal(ended.length, 2, 'by a new one')
  },
)

await test(
  'a transaction ends with the first statement that had no answer',
  postgresOnly,
  async (t) => {
    const { store, insert, names, freeze, held, thaw, ended } = await openBehindProxy(t)
    const refused = t.rejects(
      store.transaction(function* (tx) {
        yield* tx.run(insert, { name: 'first' })
        yield* tx.attempt(function* () {
          freeze()
          yield* tx.run(insert, { name: 'second' })
        })
        yield* tx.run(insert, { name: 'third' })
      }),
      overloaded,
    )
    t.match(await held, 'second')
    mock.timers.tick(11_000)
    await refused
    await ended[0]
    thaw()
    t.strictSame(await names(), [])
  },
)
