import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'tap'
import { type Tx, wakeAll } from '../../src/db/store.ts'
import { engine } from '../database.ts'
import { openLeases } from './leases.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'there it is told by the statement' }
const postgresOnly = { skip: engine === 'sqlite' && 'a file has no server' }

/** Counts how often it is woken. */
function counter() {
  let waiting: (() => void) | undefined
  const count = {
    times: 0,
    wake() {
      count.times += 1
      waiting?.()
    },
    /** Resolves with the next time. */
    next: () => new Promise<void>((resolve) => (waiting = resolve)),
  }
  return count
}
const turns = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate)
}

await test(
  'a write to a table wakes once it is there to be read, and once for a group',
  sqliteOnly,
  async (t) => {
    const { store, put, names } = await openLeases(t)
    // The first use of a statement prepares it: that may take longer than a group lasts.
    await put('0')
    const woken = counter()
    const seen: string[][] = []
    const signal = store.signal(['leases'], () => {
      woken.wake()
      void names().then((found) => seen.push(found))
    })
    t.equal(signal.hears(), false, 'of other processes it is told nothing')
    await Promise.all([put('a'), put('b'), put('c')])
    await turns()
    t.equal(woken.times, 1)
    t.strictSame(seen, [['0', 'a', 'b', 'c']])
    await names()
    await turns()
    t.equal(woken.times, 1, 'reading wakes nobody')
    await signal.close()
    await put('d')
    await turns()
    t.equal(woken.times, 1, 'nor does anything once it is closed')
  },
)

await test(
  'a transaction that tells wakes all who listen once it has committed',
  postgresOnly,
  async (t) => {
    const { store, insert, names } = await openLeases(t)
    const { leases } = store.tables
    const woken = counter()
    const first = woken.next()
    const signal = store.signal([], woken.wake)
    t.equal(signal.hears(), false)
    await first
    t.equal(signal.hears(), true, 'it wakes when it begins to listen')
    const tell = function* (tx: Tx, name: string) {
      yield* tx.run(insert, { name })
      yield* tx.query((q) =>
        q
          .select({ told: wakeAll(store) })
          .from(leases)
          .limit(1),
      )
    }
    const next = woken.next()
    await store.transaction((tx) => tell(tx, 'a'))
    await next
    t.strictSame(await names(), ['a'])
    const before = woken.times
    await t.rejects(
      store.transaction(function* (tx) {
        yield* tell(tx, 'b')
        throw new Error('changed its mind')
      }),
    )
    const last = woken.next()
    await store.transaction((tx) => tell(tx, 'c'))
    await last
    t.equal(woken.times, before + 1, 'what was rolled back tells nobody')
    await signal.close()
    t.equal(signal.hears(), false)
  },
)

await test(
  'without a server it hears nothing, tries again, and can be closed',
  postgresOnly,
  async (t) => {
    const { url } = await openLeases(t)
    const tries: unknown[] = []
    const refusing = createServer((socket) => {
      tries.push(socket.destroy())
    }).listen(0, '127.0.0.1')
    t.teardown(() => refusing.close())
    await once(refusing, 'listening')
    const address = refusing.address()
    const away = new URL(url)
    away.port = String(typeof address === 'object' ? address?.port : 0)
    const { store } = await openLeases(t, away.href)
    const signal = store.signal([], () => t.fail('nothing to tell'))
    while (tries.length < 2) await new Promise(setImmediate)
    t.equal(signal.hears(), false)
    await signal.close()
  },
)
