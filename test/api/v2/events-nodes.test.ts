import { test, type Test } from 'tap'
import { LOOK } from '../../../src/domain/events/streams.ts'
import { engine } from '../../database.ts'
import { connectPostgres } from '../../db/bare.ts'
import { start } from '../../helper.ts'
import { handTimers, watch } from './event-stream.ts'

const postgresOnly = { skip: engine === 'sqlite' && 'it is about notifications' }

/** Two nodes over one database; `look` is what a second passing does on the second one. */
async function pair(t: Test) {
  const timers = handTimers()
  const one = await start(t)
  const other = await start(t, { databaseUrl: one.databaseUrl, timers })
  const alice = await one.as('alice')
  return { one, other, alice, look: () => timers.fire(LOOK) }
}

/** Another process that writes to a SQLite file is seen when one looks; PostgreSQL tells. */
async function until(done: Promise<unknown>, look: () => void) {
  const timer = setInterval(() => engine === 'sqlite' && look(), 5)
  await done
  clearInterval(timer)
}

await test('what one node writes is told by the other', async (t) => {
  const { other, alice, look } = await pair(t)
  const stream = await watch(t, other, alice.accessToken)
  const { body } = await alice.post('/api/v2/todos', { title: 'from there' })
  const told = stream.event()
  await until(told, look)
  t.match(await told, { event: 'todo.created', data: { data: body } })
})

await test('many writers on two nodes: every stream is told all, once and in one order', async (t) => {
  const { one, other, alice, look } = await pair(t)
  const bob = await other.as('bob')
  const [here, there] = [
    await watch(t, one, alice.accessToken),
    await watch(t, other, bob.accessToken),
  ]
  const [WRITERS, BOOKS] = [8, 10]
  const WRITES = WRITERS * BOOKS
  async function write(client: typeof alice) {
    const ids = []
    while (ids.length < BOOKS) {
      const { body } = await client.post('/api/v2/books', { title: 'book', author: 'a' })
      await client.patch(`/api/v2/books/${body.id}`, { author: 'b' })
      ids.push(Number(body.id))
    }
    return ids
  }
  const written = Promise.all(Array.from({ length: WRITERS }, (_, i) => write(i % 2 ? alice : bob)))
  const told = Promise.all([here.events(2 * WRITES), there.events(2 * WRITES)])
  await until(told, look)
  const ids = (await written).flat().toSorted((a, b) => a - b)
  const [first, second] = await told
  const key = (event: (typeof first)[number]) =>
    [event?.id, event?.event, event?.data.resource_id].join(' ')
  t.strictSame(second.map(key), first.map(key))
  for (const events of [first, second]) {
    for (const type of ['book.created', 'book.updated'])
      t.strictSame(
        events
          .filter((event) => event?.event === type)
          .map((event) => Number(event?.data.resource_id))
          .toSorted((a, b) => a - b),
        ids,
        `${type} of each`,
      )
    const order = events.map((event) => Number(event?.id))
    t.strictSame(
      order,
      order.toSorted((a, b) => a - b),
    )
  }
  const later = await watch(t, one, bob.accessToken, { lastEventId: first[9]?.id })
  t.strictSame(
    (await later.events(2 * WRITES - 10)).map((event) => event?.id),
    first.slice(10).map((event) => event?.id),
    'and on another node the rest of it',
  )
})

await test('a session that ends on one node ends its stream on the other', async (t) => {
  const { one, other, alice, look } = await pair(t)
  const bob = await one.as('bob')
  const streams = [await watch(t, other, alice.accessToken), await watch(t, other, bob.accessToken)]
  await alice.post('/api/v2/auth/logout')
  await until(Promise.resolve(streams[0]?.closed), look)
  await one.backend.accounts.setStatus(bob.id, 'suspended')
  await until(Promise.resolve(streams[1]?.closed), look)
  t.equal(other.backend.events.size, 0)
})

await test(
  'a lost listener comes back, and what happened meanwhile is told',
  postgresOnly,
  async (t) => {
    const { other, alice } = await pair(t)
    const stream = await watch(t, other, alice.accessToken)
    const admin = await connectPostgres(other.databaseUrl)
    t.teardown(() => admin.end())
    const listeners = async () =>
      Number(
        (
          await admin.query(
            `SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
          )
        ).rows[0].count,
      )
    while ((await listeners()) !== 1);
    for (let times = 0; times < 2; times++) {
      await admin.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
      )
      const { body } = await alice.post('/api/v2/todos', { title: `meanwhile ${times}` })
      t.match(await stream.event(), { data: { data: body } })
      while ((await listeners()) !== 1);
    }
    const { body } = await alice.post('/api/v2/todos', { title: 'afterwards' })
    t.match(await stream.event(), { data: { data: body } })
    stream.close()
    while ((await listeners()) !== 0);
    t.pass('nobody listens for nobody')
  },
)
