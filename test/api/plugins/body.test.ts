import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { exchange, frame } from './frame.ts'

const schema = {
  body: {
    type: 'object',
    properties: { title: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
    additionalProperties: false,
  },
}
const routes = (app: FastifyInstance) => {
  for (const prefix of ['/api/v1', '/api/v2']) {
    app.post(`${prefix}/things`, { schema }, async ({ body }) => ({ got: body ?? null }))
    app.delete(`${prefix}/things`, { schema }, async ({ body }) => ({ got: body ?? null }))
    app.post(`${prefix}/plain`, async () => ({ got: null }))
    app.post(`${prefix}/maybe`, { schema, config: { optionalBody: true } }, async ({ body }) => ({
      got: body ?? null,
    }))
  }
}
const json = { 'content-type': 'application/json' }

await test('S52 a body that is not JSON is 400 in the one error format', async (t) => {
  const app = await frame(t, routes)
  const bodies = {
    'cut short': '{"title":',
    empty: '',
    'trailing comma': '{"title":"x",}',
    NaN: '{"title":NaN}',
    'raw NUL': '{"title":"a\0b"}',
    'single quotes': "{'title':'x'}",
    'two values': '{} {}',
    'not UTF-8': Buffer.from([0x7b, 0x22, 0x74, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
    'a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    null: 'null',
  }
  for (const [name, payload] of Object.entries(bodies)) {
    const plain = await app.inject({
      method: 'POST',
      url: '/api/v1/things',
      payload,
      headers: json,
    })
    t.equal(plain.statusCode, 400, name)
    t.match(plain.json(), { error: 'Bad Request', message: /^The body / }, name)
    t.same(Object.keys(plain.json()), ['error', 'message'], name)
    const modern = await app.inject({
      method: 'POST',
      url: '/api/v2/things',
      payload,
      headers: json,
    })
    t.match(modern.json(), { status: 400, code: 'malformed_request' }, name)
  }
})

await test('S53 a body over 256 KiB is 413 before it is read, chunked too', async (t) => {
  const app = await frame(t, routes)
  const payload = JSON.stringify({ title: 'x'.repeat(256 * 1024) })
  const reply = await app.inject({ method: 'POST', url: '/api/v1/things', payload, headers: json })
  t.match(reply.json(), { error: 'Payload Too Large' })
  t.equal(reply.statusCode, 413)

  const head = 'POST /api/v2/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  // Only the headers are sent: the answer cannot have waited for the body.
  t.match(await exchange(app, `${head}Content-Length: 999999\r\n\r\n`), /^HTTP\/1\.1 413 /)
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const chunked = await exchange(
    app,
    `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
  )
  t.match(chunked, /^HTTP\/1\.1 413 [\s\S]*"payload_too_large"/)
})

await test('S53 another content type, or none, is not read', async (t) => {
  const app = await frame(t, routes)
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/xml',
    'nonsense',
    undefined,
  ]
  for (const type of types) {
    const headers = type === undefined ? {} : { 'content-type': type }
    const send = (url: string) =>
      app.inject({ method: 'POST', url, headers, payload: Buffer.from('{"title":"x"}') })
    const plain = await send('/api/v1/things')
    t.equal(plain.statusCode, 400, String(type))
    t.same(plain.json(), { error: 'Bad Request', message: 'Request must be JSON' }, String(type))
    const modern = await send('/api/v2/things')
    t.match(modern.json(), { status: 415, code: 'unsupported_media_type' }, String(type))
  }
  for (const type of [
    'application/json',
    'application/json; charset="UTF-8"',
    'Application/JSON',
  ]) {
    const headers = { 'content-type': type }
    const reply = await app.inject({
      method: 'POST',
      url: '/api/v1/things',
      headers,
      payload: '{}',
    })
    t.equal(reply.statusCode, 200, type)
  }
})

await test('S53 a body that must be there is missed, one that may be absent is not', async (t) => {
  const app = await frame(t, routes)
  const missing = await app.inject({ method: 'POST', url: '/api/v1/things' })
  t.match(missing.json(), { message: 'Request must be JSON' })
  for (const [method, url] of [
    ['DELETE', '/api/v1/things'],
    ['POST', '/api/v1/maybe'],
    ['POST', '/api/v1/plain'],
  ] as const) {
    for (const headers of [{}, json]) {
      const reply = await app.inject({ method, url, headers })
      t.same(reply.json(), { got: null }, `${method} ${url}`)
    }
  }
  const payload = { title: 'x' }
  const sent = await app.inject({ method: 'DELETE', url: '/api/v1/things', payload })
  t.same(sent.json(), { got: payload })
  const bad = await app.inject({ method: 'POST', url: '/api/v1/maybe', payload: { nope: 1 } })
  t.equal(bad.statusCode, 400)
})

await test('S54 __proto__ and constructor.prototype are refused, escaped too', async (t) => {
  const app = await frame(t, routes)
  for (const payload of [
    '{"__proto__":{"polluted":true}}',
    '{"title":"x","\\u005f_proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"c\\u006fnstructor":{"prototype":{"polluted":true}}}',
    '{"tags":[{"__proto__":{"polluted":true}}]}',
  ]) {
    const reply = await app.inject({
      method: 'POST',
      url: '/api/v1/things',
      payload,
      headers: json,
    })
    t.equal(reply.statusCode, 400, payload)
    t.notOk('polluted' in {}, payload)
  }
})

await test('S55 a body nested 5000 deep is 400', async (t) => {
  const app = await frame(t, routes)
  for (const payload of [
    `{"title":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    `{"tags":${'['.repeat(5000)}"\\u0000"${']'.repeat(5000)}}`,
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
  ]) {
    const reply = await app.inject({
      method: 'POST',
      url: '/api/v1/things',
      payload,
      headers: json,
    })
    t.equal(reply.statusCode, 400)
  }
})
