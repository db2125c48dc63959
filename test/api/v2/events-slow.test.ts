import type { Socket } from 'node:net'
import { test } from 'tap'
import { HEARTBEAT } from '../../../src/domain/events/streams.ts'
import { start } from '../../helper.ts'
import { handTimers, streams, watch } from './event-stream.ts'

/** More than all the buffers between a server and a client that does not read. */
const POSTS = 60
const content = 'x'.repeat(100_000)

await test('a reader that stops reading is told later, and costs no memory meanwhile', async (t) => {
  const timers = handTimers()
  const started = await start(t, { timers })
  const alice = await started.as('alice')
  const sockets: Socket[] = []
  started.app.server.on('connection', (socket) => sockets.push(socket))
  const slow = await watch(t, started, alice.accessToken)
  const quick = await watch(t, started, alice.accessToken)
  await slow.block()
  slow.pause()
  const write = async (title: string) => alice.post('/api/v2/posts', { title, content })

  for (let i = 1; i <= POSTS; i++) {
    await write(`${i}`)
    t.match(await quick.event(), { id: i }, 'others are told at once')
  }
  const held = Math.max(...sockets.map((socket) => socket.writableLength))
  t.ok(held > 0 && held < 5 * content.length, `${held} bytes wait to be read`)
  timers.fire(HEARTBEAT)
  t.match(await quick.block(), { comment: 'here', id: String(POSTS) })
  slow.resume()
  const told = await slow.events(POSTS)
  t.strictSame(
    told.map((one) => one?.data.data.title),
    Array.from({ length: POSTS }, (_, i) => String(i + 1)),
    'all of them, once each',
  )
  await write('live again')
  t.match(await slow.event(), { id: POSTS + 1 })
})

await test('a reader that does not read at all is cut off after a minute', async (t) => {
  const timers = handTimers()
  const started = await start(t, { timers })
  const alice = await started.as('alice')
  const slow = await watch(t, started, alice.accessToken)
  const quick = await watch(t, started, alice.accessToken)
  await slow.block()
  await quick.block()
  slow.pause()
  for (let i = 1; i <= POSTS; i++) {
    await alice.post('/api/v2/posts', { title: 'long', content })
    await quick.event()
  }
  for (let beats = 1; beats <= 4; beats++) {
    t.equal(started.backend.events.size, 2, `${beats - 1} signs of life`)
    timers.fire(HEARTBEAT)
    t.match(await quick.block(), { comment: 'here' })
  }
  await streams(started, 1)
  slow.resume()
  await slow.closed
})
