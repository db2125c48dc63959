import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { test, type Test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config/index.ts'

const ask = (i: number) => `GET /probe?${i} HTTP/1.1\r\nHost: x\r\n\r\n`
const asked = (count: number) => Array.from({ length: count }, (_, i) => ask(i)).join('')

/** A server whose route tells how many requests of it are handled at once, and a connection to it. */
async function probe(t: Test, onRequest: (handled: number, request: FastifyRequest) => void) {
  const app = await buildApp(loadConfig({ NODE_ENV: 'test', RATE_LIMITS: 'off' }))
  t.teardown(() => app.close())
  const seen = { handled: 0, running: 0, most: 0 }
  app.get('/probe', { config: { access: 'public' } }, async (request, reply) => {
    seen.running += 1
    seen.most = Math.max(seen.most, seen.running)
    onRequest((seen.handled += 1), request)
    await nextTurn()
    seen.running -= 1
    return reply.type('text/plain').send(`<${request.url.slice(7)}>`)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  // The cast: it listens on a port.
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  t.teardown(() => socket.destroy())
  let received = ''
  socket.on('data', (bytes) => (received += String(bytes)))
  return {
    seen,
    socket,
    async answers(count: number) {
      while (!received.endsWith(`<${count - 1}>`)) await once(socket, 'data')
      return Array.from(received.matchAll(/<(\d+)>/g), ([, i]) => Number(i))
    },
  }
}

await test('S79 requests of one connection are answered one after the other, however many it sends', async (t) => {
  let read = 0
  const { seen, socket, answers } = await probe(t, (handled, { raw }) => {
    if (handled === 1000) read = raw.socket.bytesRead
  })
  const all = asked(4000)
  socket.write(all)
  t.strictSame(
    await answers(4000),
    Array.from({ length: 4000 }, (_, i) => i),
  )
  t.equal(seen.most, 1)
  t.ok(read < all.length / 2, `${read} bytes of ${all.length} were read for the first thousand`)
  socket.write(ask(4000))
  await answers(4001)
  t.pass('and then it may ask again')
})

await test('S79 what waits on a connection that is cut off is not done', async (t) => {
  const { seen, socket } = await probe(t, (handled, { raw }) => {
    if (handled === 5) raw.socket.destroy()
  })
  socket.write(asked(100))
  await once(socket, 'close')
  await nextTurn()
  await nextTurn()
  t.equal(seen.handled, 5)
})

await test('S79 who is not read from is not cut off for sending nothing', async (t) => {
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
  const { socket, answers } = await probe(t, (handled, { raw, server }) => {
    if (handled === 5) server.server.emit('clientError', late, raw.socket)
  })
  socket.write(asked(10))
  t.equal((await answers(10)).length, 10)
})
