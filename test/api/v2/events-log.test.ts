import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { handTimers, watch } from './event-stream.ts'

const HOUR = 3600

async function open(t: Test) {
  const timers = handTimers()
  const started = await start(t, { timers })
  const alice = await started.as('alice')
  let client = alice
  const write = async (title: string) =>
    Number((await client.post('/api/v2/todos', { title })).body.id)
  /** As if days had passed since. */
  async function forget() {
    started.clock.advance(25 * HOUR)
    await started.backend.purge()
    client = await started.login('alice', alice.id)
    const { changes } = started.backend.store.tables
    return (await started.backend.store.query((q) => q.select().from(changes))).length
  }
  const from = async (lastEventId?: number) => {
    const { accessToken } = await started.login('alice', alice.id)
    return watch(t, started, accessToken, { lastEventId })
  }
  return { ...started, timers, alice, write, forget, from }
}

await test('a stream that breaks off before what is purged is told so, and goes on with what is new', async (t) => {
  const { write, forget, from } = await open(t)
  for (let i = 1; i <= 5; i++) await write(`${i}`)
  t.equal(await forget(), 1, 'the newest stays: it says where the log is')
  for (const lastEventId of [0, 1, 3]) {
    const stream = await from(lastEventId)
    const reset = await stream.event()
    t.strictSame(reset, {
      event: 'reset',
      id: 5,
      data: { id: 5, type: 'reset', at: reset?.data.at },
    })
    stream.close()
  }
  const whole = [await from(4), await from(5)]
  const reset = await from(2)
  await reset.event()
  const id = await write('6')
  t.match(await whole[0]?.event(), { id: 5 }, 'nothing is missing behind the 4th')
  for (const stream of [...whole, reset])
    t.match(await stream.event(), { id: 6, event: 'todo.created', data: { resource_id: id } })
})

await test('an event that the log has not reached is one of another log', async (t) => {
  const { write, from } = await open(t)
  await write('1')
  for (const lastEventId of [2, 999_999_999_999_999]) {
    const stream = await from(lastEventId)
    t.match(await stream.event(), { event: 'reset', id: 1 })
    stream.close()
  }
  const stream = await from(9)
  await stream.event()
  const id = await write('2')
  t.match(await stream.event(), { id: 2, data: { resource_id: id } })
})

await test('a log without entries begins with the first one', async (t) => {
  const { write, from } = await open(t)
  const streams = [await from(0), await from()]
  const reset = await from(3)
  t.match(await reset.event(), { event: 'reset', id: 0 })
  const id = await write('1')
  for (const stream of [...streams, reset])
    t.match(await stream.event(), { id: 1, data: { resource_id: id } })
})

await test('many events at once come in their order, each with its record', async (t) => {
  const { from, alice, backend } = await open(t)
  const live = await from()
  const titles = Array.from({ length: 130 }, (_, i) => `title ${i}`)
  const made: Array<{ id: number }> = []
  for (const title of titles) made.push((await alice.post('/api/v2/todos', { title })).body)
  await backend.store.transaction(function* (tx) {
    const { id: userId } = alice
    yield* backend.changes.record(
      tx,
      made.flatMap(({ id: resourceId }) => [
        { type: 'todo.updated' as const, resourceId, userId },
        { type: 'todo.updated' as const, resourceId, userId },
      ]),
    )
  })
  const later = await from(0)
  for (const stream of [live, later]) {
    const told = await stream.events(3 * titles.length)
    t.strictSame(
      told.map((one) => one?.id),
      told.map((_, i) => i + 1),
    )
    t.strictSame(
      told.slice(titles.length).map((one) => one?.data.data),
      made.flatMap((todo) => [todo, todo]),
    )
  }
})
