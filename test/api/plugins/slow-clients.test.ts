import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'tap'
import { frame, listening } from './frame.ts'

await test('S67 the limits of time are set, and looked at each second', async (t) => {
  const { server } = await frame(t, () => {})
  t.equal(server.headersTimeout, 3000)
  t.equal(server.requestTimeout, 15_000)
})

await test('S67 a client that drips its headers is cut within 5 s, with 408', async (t) => {
  const app = await frame(t, () => {})
  const { port } = await listening(app)
  const began = performance.now()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let reply = ''
  socket.on('data', (chunk) => (reply += chunk.toString()))
  socket.write('GET /api/v1/x HTTP/1.1\r\nHost: x\r\n')
  const drip = setInterval(() => socket.writable && socket.write('X-A: b\r\n'), 200)
  await once(socket, 'close')
  clearInterval(drip)
  t.ok(performance.now() - began < 5000)
  t.match(reply, /^HTTP\/1\.1 408 Request Timeout\r\n/)
})
