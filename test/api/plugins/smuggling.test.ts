import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { exchange, frame } from './frame.ts'

const routes = (app: FastifyInstance) => {
  app.get('/api/v1/things', { config: { access: 'public' } }, async () => ({}))
  app.get('/api/v1/things/:id', { config: { access: 'public' } }, async () => ({}))
  app.post('/api/v1/things', async () => ({ posted: true }))
  app.get('/things', { config: { access: 'public' } }, async () => ({}))
}
const get = 'GET /api/v1/things HTTP/1.1\r\n'
const post = 'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

await test('S62 what two servers could read differently is 400, in the shape of v1', async (t) => {
  const app = await frame(t, routes)
  const smuggled = {
    'length and chunks': `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    'two lengths': `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'a negative length': `${post}Content-Length: -1\r\n\r\n`,
    'a folded header': `${get}Host: x\r\nX-A: a\r\n b\r\n\r\n`,
    'a space before the colon': `${get}Host : x\r\n\r\n`,
    'a bare line feed': `${get}Host: x\nX-A: b\r\n\r\n`,
    'NUL in a header': `${get}Host: x\r\nX-A: a\0b\r\n\r\n`,
    'two hosts': `${get}Host: x\r\nHost: y\r\nConnection: close\r\n\r\n`,
    'the same host twice': `${get}Host: x\r\nhOST: x\r\nConnection: close\r\n\r\n`,
    'no host': `${get}Connection: close\r\n\r\n`,
    'not HTTP': `${get.replace('HTTP/1.1', 'HTTP/9.9')}Host: x\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(smuggled)) {
    const reply = await exchange(app, bytes)
    const [head = '', body = ''] = reply.split('\r\n\r\n')
    t.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/, name)
    t.match(head, /^X-API-Version: 1\r?$/im, name)
    t.match(head, /^X-Request-Id: [\w-]+\r?$/im, name)
    t.match(head, /^Content-Type: application\/json; charset=utf-8\r?$/im, name)
    t.match(JSON.parse(body), { error: 'Bad Request' }, name)
    t.notMatch(reply, /posted/, name)
  }
  t.match(await exchange(app, `${get}Host: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 200 /)
  t.match(await exchange(app, 'GET /things HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

await test('S62 elsewhere the shape is problem+json', async (t) => {
  const app = await frame(t, routes)
  for (const bytes of ['GET /things HTTP/1.1\r\nHost : x\r\n\r\n', 'nonsense\r\n\r\n']) {
    const [head = '', body = ''] = (await exchange(app, bytes)).split('\r\n\r\n')
    t.match(head, /^HTTP\/1\.1 400 /)
    t.match(head, /application\/problem\+json/)
    t.match(JSON.parse(body), { status: 400, code: 'malformed_request' })
  }
})

await test('S60 headers over 16 KiB and 100,000 parameters are 431', async (t) => {
  const app = await frame(t, routes)
  const query = (count: number) =>
    `GET /api/v1/things?${'a=1&'.repeat(count)} HTTP/1.1\r\nHost: x\r\n\r\n`
  for (const bytes of [`${get}Host: x\r\nX-Large: ${'x'.repeat(17 * 1024)}\r\n\r\n`, query(5000)]) {
    const reply = await exchange(app, bytes)
    t.match(reply, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
    t.match(reply, /\{"error":"Request Header Fields Too Large","message":/)
  }
  // The rest of so long a line is never read, and the reset that follows may overtake the answer.
  t.match(await exchange(app, query(100_000)), /^(HTTP\/1\.1 431 |$)/)
})

await test('S60 a path parameter over 100 characters is 414, a bad percent code 400', async (t) => {
  const app = await frame(t, routes)
  t.equal((await app.inject(`/api/v1/things/${'1'.repeat(100)}`)).statusCode, 200)
  const long = await app.inject(`/api/v1/things/${'1'.repeat(101)}`)
  t.equal(long.statusCode, 414)
  t.match(long.json(), { error: 'URI Too Long' })
  for (const url of ['/api/v1/things/%zz', '/api/v1/things/%', '/api/v1/%ff']) {
    const bad = await app.inject(url)
    t.equal(bad.statusCode, 400, url)
    t.match(bad.json(), { error: 'Bad Request' })
  }
})
