import { test } from 'tap'
import { HEARTBEAT } from '../../../src/domain/events/streams.ts'
import { start } from '../../helper.ts'
import { handTimers, watch, type Watched } from './event-stream.ts'

const STREAMS = 200
const PER_USER = 5

await test(`${STREAMS} idle streams are held, and one change reaches all of them`, async (t) => {
  const timers = handTimers()
  const started = await start(t, { timers })
  const { app, backend } = started
  const clients = []
  while (clients.length < STREAMS / PER_USER)
    clients.push(await started.as(`watcher-${clients.length}`))
  const before = process.memoryUsage().rss
  const streams: Watched[] = []
  for (const { accessToken } of clients)
    for (let i = 0; i < PER_USER; i++) streams.push(await watch(t, started, accessToken))
  t.equal(backend.events.size, STREAMS)
  t.equal(timers.size, 2, 'over two timers')

  for (let beats = 0; beats < 5; beats++) {
    await Promise.all(streams.map((stream) => stream.block()))
    timers.fire(HEARTBEAT)
  }
  const grown = (process.memoryUsage().rss - before) / STREAMS / 1024
  // The clients are in this process, too.
  t.ok(grown < 500, `${Math.round(grown)} KiB a stream, with its client`)

  const began = performance.now()
  const [first] = clients
  await first?.post('/api/v2/posts', { title: 'To all', content: 'of you' })
  const told = await Promise.all(streams.map((stream) => stream.event()))
  t.ok(told.every((one) => one?.data.data.title === 'To all'))
  t.comment(`told to all after ${Math.round(performance.now() - began)} ms`)

  await first?.post('/api/v2/todos', { title: 'To one' })
  const own = await Promise.all(streams.slice(0, PER_USER).map((stream) => stream.event()))
  t.ok(own.every((one) => one?.data.data.title === 'To one'))

  const closing = performance.now()
  await Promise.all([app.close(), ...streams.map((stream) => stream.closed)])
  t.ok(performance.now() - closing < 5000, 'a server closes at once')
  t.equal(backend.events.size, 0)
  t.equal(timers.size, 0)
})
