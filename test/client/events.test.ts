import type { IncomingMessage, ServerResponse } from 'node:http'
import { test, type Test } from 'tap'
import type { Event } from '../../client/src/index.ts'
import { handTimers } from '../api/v2/event-stream.ts'
import { ALICE, proxy, serve, type Served } from './node.ts'

/** What a stream gives, one at a time. */
const reader = (stream: AsyncGenerator<Event, void>) => async () => {
  const { done, value } = await stream.next()
  if (done) throw new Error('the stream is over')
  return value
}
const open = async ({ backend }: Pick<Served, 'backend'>, count: number) => {
  while (backend.events.size !== count) await new Promise(setImmediate)
}
/** A stream as it goes through a proxy. */
interface Connection {
  text: string
  cut(): void
  /** Politely, once all has been passed on. */
  end(): void
}
/** A server behind a proxy whose connections can be cut, and alice, who has logged in. */
async function watched(t: Test) {
  const timers = handTimers()
  const node = await serve(t, { timers })
  const connections: Connection[] = []
  const asked: Array<string | null> = []
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    if (line !== 'GET /events') return 'pass'
    const connection = { text: '', cut: () => reply.destroy(), end: () => outgoing.end() }
    reply.on('data', (part) => {
      connection.text += part
    })
    connections.push(connection)
    return 'pass'
  })
  const alice = node.client({
    baseUrl,
    fetch(request) {
      if (request.url.endsWith('/events')) asked.push(request.headers.get('last-event-id'))
      return fetch(request)
    },
  })
  await alice.login(ALICE)
  const create = (title: string) => alice.POST('/todos', { body: { title } })
  return { ...node, timers, alice, create, connections, asked }
}

await test('events come as they happen, typed', async (t) => {
  const { alice, create, ...node } = await watched(t)
  const stream = alice.events()
  const next = reader(stream)
  const first = next()
  await open(node, 1)
  const { data: todo } = await create('Water the plants')
  const event = await first
  t.match(event, { type: 'todo.created', resource_id: todo.id, id: Number, at: String })
  if (event.type === 'todo.created') t.equal(event.data?.title, 'Water the plants')
  else t.fail('another type')
  await alice.DELETE('/todos/{id}', { params: { path: { id: todo.id } } })
  t.match(await next(), { type: 'todo.deleted', resource_id: todo.id })
  await stream.return()
  await open(node, 0)
})

await test('a stream that is cut goes on where it was, and misses nothing', async (t) => {
  const { alice, create, connections, asked, waits, ...node } = await watched(t)
  const next = reader(alice.events())
  const first = next()
  await open(node, 1)
  await create('1')
  const { id } = await first
  t.strictSame(asked, [null])

  for (const title of ['2', '3']) {
    connections.at(-1)?.cut()
    await open(node, 0)
    await create(title)
    t.match(await next(), { data: { title } })
  }
  t.strictSame(asked, [null, String(id), String(id + 1)])
  t.equal(waits.length, 2)
  t.ok(
    waits.every((ms) => ms >= 1500 && ms <= 3000),
    `about the 3 s that the server asks for: ${waits.join()}`,
  )
})

await test('a heartbeat moves on from where a stream is resumed', async (t) => {
  const { alice, create, connections, asked, timers, ...node } = await watched(t)
  const next = reader(alice.events())
  const first = next()
  await open(node, 1)
  await create('1')
  const { id } = await first
  const second = next()
  const bob = node.client()
  await bob.login({ ...ALICE, identifier: 'bob' })
  await bob.POST('/todos', { body: { title: 'not for alice' } })
  const heartbeat = `: here\nid: ${id + 1}\n`
  const isPast = () => connections[0]?.text.includes(heartbeat) === true
  while (!isPast()) {
    timers.fire(15_000)
    await new Promise(setImmediate)
  }
  connections[0]?.end()
  while (connections.length === 1) await new Promise(setImmediate)
  t.strictSame(asked, [null, String(id + 1)])
  await create('2')
  t.match(await second, { type: 'todo.created', data: { title: '2' } })
})

await test('what the log has lost is told by a reset', async (t) => {
  const { alice, create, ...node } = await watched(t)
  for (const title of ['1', '2', '3']) await create(title)
  node.clock.advance(25 * 3600)
  await node.backend.purge()
  t.match(await reader(alice.events({ lastEventId: 0 }))(), { type: 'reset', id: Number })
})

await test('the end of the session ends the stream', async (t) => {
  const { alice, ...node } = await watched(t)
  const first = alice.events().next()
  await open(node, 1)
  const other = node.client()
  await other.login(ALICE)
  await other.logout('all')
  await t.rejects(first, { name: 'ProblemError', code: 'token_revoked' })
  t.equal(node.waits.length, 1)
})

await test('a stream that is aborted throws, and closes its connection', async (t) => {
  const { alice, ...node } = await watched(t)
  const controller = new AbortController()
  const first = alice.events({ signal: controller.signal }).next()
  await open(node, 1)
  controller.abort()
  await t.rejects(first, { name: 'AbortError' })
  await open(node, 0)
  t.equal(node.waits.length, 0)
})

await test('a connection without a sign of life is given up', async (t) => {
  const { alice, create, asked, ...node } = await watched(t)
  const next = reader(alice.events({ quiet: 50 }))
  const first = next()
  while (asked.length < 3) await new Promise(setImmediate)
  await open(node, 1)
  await create('1')
  t.match(await first, { data: { title: '1' } })
})

await test('what is never answered is given up, and what a proxy answers is no stream', async (t) => {
  const node = await serve(t)
  const inPlace: Array<(outgoing: ServerResponse) => void> = [
    () => undefined,
    (outgoing) => outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<p>\n\n<p>\n\n'),
    (outgoing) => outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{\n\n}\n\n'),
  ]
  let first: IncomingMessage | undefined
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    const meddle = line === 'GET /events' && first && inPlace.shift()
    if (line === 'GET /events') first ??= reply
    if (!meddle) return 'pass'
    reply.destroy()
    meddle(outgoing)
    return 'meddled'
  })
  const alice = node.client({ baseUrl })
  await alice.login(ALICE)
  const next = reader(alice.events({ quiet: 1000 }))
  const create = (title: string) => alice.POST('/todos', { body: { title } })
  const before = next()
  await open(node, 1)
  await create('1')
  await before
  const after = next()
  first?.destroy()
  while (inPlace.length > 0 || node.backend.events.size !== 1) await new Promise(setImmediate)
  await create('2')
  t.match(await after, { data: { title: '2' } })
  for (const [i, ms] of node.waits.slice(0, 4).entries())
    t.ok(ms >= 1500 * 2 ** i && ms <= 3000 * 2 ** i, `failure ${i}: ${ms} ms`)
})

await test('a page in place of the first connection is told', async (t) => {
  const node = await serve(t)
  let type = ''
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    if (line !== 'GET /events') return 'pass'
    reply.destroy()
    outgoing.writeHead(200, { 'content-type': type }).end('{}')
    return 'meddled'
  })
  const alice = node.client({ baseUrl })
  await alice.login(ALICE)
  for (const one of ['text/html', 'application/json']) {
    type = one
    await t.rejects(alice.events().next(), { name: 'ProblemError', code: 'unknown' }, type)
  }
  t.equal(node.waits.length, 0)
})

await test('a server that goes away is waited for, longer each time', async (t) => {
  const node = await serve(t)
  const connected = Promise.withResolvers<void>()
  const back = Promise.withResolvers<void>()
  let failures = 0
  let isAway = false
  const client = node.client({
    retries: 0,
    async fetch(request) {
      if (!request.url.endsWith('/events')) return fetch(request)
      if (!isAway) return fetch(request).finally(() => setImmediate(connected.resolve))
      failures += 1
      if (failures === 8) {
        isAway = false
        back.resolve()
      }
      return new Response('', { status: 503 })
    },
  })
  await client.login(ALICE)
  const next = reader(client.events())
  const first = next()
  await connected.promise
  isAway = true
  node.app.server.closeAllConnections()
  await back.promise
  await open(node, 1)
  await client.POST('/todos', { body: { title: 'back' } })
  t.match(await first, { data: { title: 'back' } })
  const [least, most] = [Math.min(...node.waits), Math.max(...node.waits)]
  t.ok(least <= 3000 && most >= 24_000 && most <= 48_000, `${least} to ${most} ms`)
})

await test('a first connection that fails is told', async (t) => {
  const node = await serve(t)
  await t.rejects(node.client().events().next(), { code: 'token_missing' })
  const away = node.client({ baseUrl: 'http://127.0.0.1:9' })
  await t.rejects(away.events().next(), { name: 'TypeError' })
})
