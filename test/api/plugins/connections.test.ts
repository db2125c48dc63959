import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config/index.ts'
import { connectionsWithin, handleLimit } from '../../../src/handles.ts'
import { startServer } from '../../crash/server-process.ts'

/** A caller that has connected and says nothing until it is told to. */
function caller(t: Test, port: number) {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let received = ''
  socket.on('data', (bytes) => (received += String(bytes))).on('error', () => undefined)
  const closed = once(socket, 'close')
  return {
    socket,
    closed: closed.then(() => received),
    received: () => received,
    async ask(path = '/healthz') {
      received = ''
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      while (!received.includes('\r\n\r\n')) await once(socket, 'data')
      return Number(received.slice(9, 12))
    },
  }
}

async function listening(t: Test, connections: number) {
  const app = await buildApp(loadConfig({ NODE_ENV: 'test' }), { connections })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  // The cast: it listens on a port.
  const { port } = app.server.address() as AddressInfo
  const accepted = async (count: number) => {
    while ((await connectionsOf(app.server)) < count) await sleep(5)
  }
  return { app, port, accepted }
}
const connectionsOf = (server: {
  getConnections(done: (e: unknown, n: number) => void): unknown
}) => new Promise<number>((resolve) => void server.getConnections((_, count) => resolve(count)))

await test('S81 who comes when there is no place is told so, and the others stay', async (t) => {
  const { app, port, accepted } = await listening(t, 2)
  const first = caller(t, port)
  t.equal(await first.ask(), 200)
  const silent = caller(t, port)
  await accepted(2)
  const third = caller(t, port)
  third.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  const [head = '', body = ''] = (await third.closed).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 503 Service Unavailable\r\n/)
  t.match(head, /^Retry-After: 1\r$/m)
  t.match(JSON.parse(body), { status: 503, code: 'overloaded' })

  await first.closed
  t.pass('who had been answered made place')
  t.equal(await caller(t, port).ask(), 200)
  t.equal(await silent.ask(), 200, 'who had come in time has its place')
  t.doesNotThrow(() => app.server.emit('error', new Error('accept EMFILE')))
})

await test('S81 refusing costs no more than a few connections, and not for long', async (t) => {
  const { app, port, accepted } = await listening(t, 1)
  const silent = caller(t, port)
  await accepted(1)
  const deaf = Array.from({ length: 30 }, () =>
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
  )
  const replies = await Promise.all(deaf.map((socket) => firstWord(t, socket)))
  t.equal(replies.filter((reply) => reply.includes(' 503 ')).length, 16, 'so many are told')
  t.equal(replies.filter((reply) => reply === '').length, 14, 'the others are cut off')
  while ((await connectionsOf(app.server)) > 1) await sleep(50)
  t.pass('who does not hang up is hung up on')
  t.equal(await silent.ask(), 200)
})

async function firstWord(t: Test, socket: Socket) {
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (bytes) => (text += String(bytes))).on('error', () => undefined)
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  return text
}

await test('S81 the bound leaves handles for everything else', (t) => {
  t.equal(connectionsWithin(128), 64)
  t.equal(connectionsWithin(1024), 768)
  t.equal(connectionsWithin(1_048_576), 10_000)
  t.equal(connectionsWithin(Infinity), 10_000)
  t.equal(connectionsWithin(32), 1)
  t.ok(handleLimit() > 64)
  t.end()
})

await test('S81 as many idle connections as the process has handles end nobody', async (t) => {
  const handles = 128
  const file = `${t.testdir({})}/idle.db`
  // Where the event loop is watched.
  const env = { NODE_ENV: 'development', RATE_LIMITS: 'off' }
  const server = await startServer(file, { handles, env })
  t.teardown(() => server.stop())
  const port = Number(new URL(server.url).port)
  const callers = Array.from({ length: handles + 40 }, () => caller(t, port))
  await Promise.all(
    callers.map(({ socket }) => Promise.race([once(socket, 'connect'), sleep(2000)])),
  )
  // The watch looks twice a second.
  await sleep(1500)
  const told = callers.filter(({ received }) => received().includes(' 503 ')).length
  t.ok(told > 0, `${told} were told`)
  const held = callers.filter(({ socket }) => !socket.closed)
  t.ok(held.length >= 40, `${held.length} were let in`)
  t.equal(await held[0]?.ask(), 200)
  for (const { socket } of callers) socket.destroy()
  await sleep(100)
  const body = { username: 'alice', password: 'a quiet place to write' }
  t.equal((await server.send('POST', '/api/v1/users', body)).status, 201)
})

await test('S81 with hardly a handle left for threads and files, what cannot be done is 503, and the server stays', async (t) => {
  const env = { NODE_ENV: 'development', RATE_LIMITS: 'off' }
  const server = await startServer(`${t.testdir({})}/few.db`, { handles: 40, env })
  t.teardown(() => server.stop())
  const alice = { username: 'alice', password: 'a quiet place to write' }
  t.equal((await server.send('POST', '/api/v1/users', alice)).status, 201)
  const login = () =>
    server.send('POST', '/api/v2/auth/login', { identifier: 'alice', password: alice.password })
  // Who cannot even be accepted is cut off.
  const replies = await Promise.all(
    Array.from({ length: 12 }, () => login().catch(() => undefined)),
  )
  for (const reply of replies)
    t.ok(!reply || reply.status === 200 || reply.headers.get('retry-after'), `${reply?.status}`)
  t.equal((await server.send('GET', '/healthz')).status, 200)
  let after = 503
  while (after === 503) after = (await login()).status
  t.equal(after, 200)
})
