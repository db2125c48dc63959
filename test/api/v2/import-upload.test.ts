import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { arriving } from '../../../src/api/plugins/upload.ts'
import { start } from '../../helper.ts'

async function open(t: Test) {
  const started = await start(t)
  const alice = await started.as('alice')
  const { port } = new URL(await started.app.listen({ port: 0, host: '127.0.0.1' }))
  /** An upload in chunks, sent by hand. */
  function upload(token = alice.accessToken) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    t.teardown(() => socket.destroy())
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    socket.write(
      `POST /api/v2/todos/import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    )
    const send = (body: string) =>
      new Promise((done) => {
        socket.write(`${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`, done)
      })
    return {
      socket,
      send,
      end: () => socket.write('0\r\n\r\n'),
      async reply() {
        while (!/\r\n\r\n[^]*\}/.test(text) && !socket.destroyed) await pause(10)
        return text
      },
    }
  }
  const count = async () => (await alice.get('/api/v2/todos?total=true')).body.page.total
  return { ...started, alice, upload, count, port: Number(port) }
}
/** The spools that this process has open: they have no name, but a descriptor. */
const spools = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('commonplace-import-')
    } catch {
      return false
    }
  }).length
const noProc = { skip: process.platform !== 'linux' && 'looks into /proc' }

await test('a client that hangs up leaves nothing behind', noProc, async (t) => {
  const { upload, count, alice } = await open(t)
  const { socket, send } = upload()
  await send(`title\n${'a good row\n'.repeat(1000)}`)
  while (spools() === 0) await pause(10)
  socket.destroy()
  while (spools() > 0) await pause(10)
  t.equal(await count(), 0)
  const reply = await alice.post('/api/v2/todos/import', 'title\nx', {
    headers: { 'content-type': 'text/csv' },
  })
  t.equal(reply.status, 201, 'and may try again')
})

await test('one import of a user at a time; others go on', noProc, async (t) => {
  const { upload, alice, as, count } = await open(t)
  const slow = upload()
  await slow.send('title\nslow\n')
  const headers = { 'content-type': 'text/csv' }
  while (spools() < 1) await pause(10)
  const second = await alice.post('/api/v2/todos/import', 'title\nx', { headers })
  t.match(second, { status: 409, body: { code: 'import_running' } })
  const bob = await as('bob')
  t.equal((await bob.post('/api/v2/todos/import', 'title\nx', { headers })).status, 201)
  t.equal((await alice.post('/api/v2/todos', { title: 'meanwhile' })).status, 201)
  slow.end()
  t.match(await slow.reply(), /^HTTP\/1.1 201 /)
  t.equal(await count(), 2)
})

await test('too many at a time are sent away', noProc, async (t) => {
  const { upload, as, alice } = await open(t)
  for (let i = 0; i < 8; i++) {
    const { accessToken } = await as(`user-${i}`)
    await upload(accessToken).send('title\n')
  }
  const headers = { 'content-type': 'text/csv' }
  while (spools() < 8) await pause(10)
  const reply = await alice.post('/api/v2/todos/import', 'title\nx', { headers })
  t.match(reply, { status: 503, headers: { 'retry-after': '5' } })
})

await test('S53 more than 32 MiB are refused in chunks too', async (t) => {
  const { upload, count } = await open(t)
  const { send, reply } = upload()
  const rows = `x,${'y'.repeat(9990)}\n`.repeat(105)
  await send('title,description\n')
  for (let i = 0; i < 33; i++) await send(rows)
  t.match(await reply(), /^HTTP\/1.1 413 [^]*connection: close/i)
  t.equal(await count(), 0)
})

await test('S53 a length of more than 32 MiB is refused before the body is read', async (t) => {
  const { alice, port } = await open(t)
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(
    `POST /api/v2/todos/import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: ${32 * 1024 * 1024 + 1}\r\nAuthorization: Bearer ${alice.accessToken}\r\n\r\n`,
  )
  const [reply] = await once(socket, 'data')
  t.match(String(reply), /^HTTP\/1.1 413 [^]*connection: close/i)
})

await test('S67 an upload may take longer than other requests', async (t) => {
  const { app, upload, count } = await open(t)
  app.server.requestTimeout = 500
  app.server.headersTimeout = 400
  const { send, end, reply } = upload()
  await send('title\n')
  for (let i = 0; i < 10; i++) {
    await pause(250)
    await send(`row ${i}\n`)
  }
  end()
  t.match(await reply(), /^HTTP\/1.1 201 [^]*"created":10/)
  t.equal(await count(), 10)
})

await test('S67 an ordinary body still has its deadline on the same connection', async (t) => {
  const { app, upload, alice } = await open(t)
  app.server.requestTimeout = 500
  app.server.headersTimeout = 400
  const { socket, send, end, reply } = upload()
  await send('title\n')
  // Longer than Node itself would wait, and looks for.
  await pause(2500)
  end()
  t.match(await reply(), /^HTTP\/1.1 201 /)
  socket.write(
    `POST /api/v2/todos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nAuthorization: Bearer ${alice.accessToken}\r\n\r\n{`,
  )
  await once(socket, 'close')
  t.match(await reply(), /HTTP\/1.1 408 /)
})

await test('S67 an upload that stops is answered', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const { setTimeout } = globalThis
  t.intercept(globalThis, 'setTimeout', {
    value: (work: () => void, ms: number) => setTimeout(work, ms === 10_000 ? 0 : ms),
  })
  for (const resource of ['todos', 'books']) {
    const file = new PassThrough()
    file.write('title')
    const reply = await alice.post(`/api/v2/${resource}/import`, file, {
      headers: { 'content-type': 'text/csv' },
    })
    t.match(reply, {
      status: 408,
      headers: { connection: 'close' },
      body: { code: 'request_timeout' },
    })
  }
})

await test('S67 a body that stops is given up; the time of who reads it does not count', async (t) => {
  const raw = { socket: {} }
  const request = { raw, headers: {} } as unknown as Parameters<typeof arriving>[0]
  const body = new PassThrough()
  const pieces = arriving(request, body, { bytes: 10, idle: 50 })
  body.write('abc')
  t.same(await pieces.next(), { done: false, value: Buffer.from('abc') })
  await pause(100)
  body.write('def')
  t.same(await pieces.next(), { done: false, value: Buffer.from('def') })
  await t.rejects(pieces.next(), { code: 'REQUEST_TIMEOUT' })
  t.notOk(body.destroyed, 'the refusal needs the connection')
})
