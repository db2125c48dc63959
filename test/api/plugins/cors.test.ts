import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { frame } from './frame.ts'

const env = { CORS_ORIGINS: 'https://app.example,https://admin.example' }
const routes = (app: FastifyInstance) => {
  app.get('/api/v1/things', async () => ({}))
  app.post('/api/v1/things', async () => ({}))
}

await test('S64 an origin that is not listed gets no leave to read', async (t) => {
  const app = await frame(t, routes, { env })
  for (const origin of ['https://evil.test', 'null', 'https://app.example.evil.test']) {
    for (const method of ['GET', 'OPTIONS'] as const) {
      const { headers } = await app.inject({ method, url: '/api/v1/things', headers: { origin } })
      t.equal(headers['access-control-allow-origin'], undefined, `${method} ${origin}`)
      t.equal(headers['access-control-allow-methods'], undefined, `${method} ${origin}`)
      t.equal(headers['vary'], 'Origin')
    }
  }
})

await test('S64 a listed origin may read the reply, errors too, and the headers that matter', async (t) => {
  const app = await frame(t, routes, { env })
  for (const url of ['/api/v1/things', '/api/v1/nowhere']) {
    const { headers } = await app.inject({ url, headers: { origin: 'https://admin.example' } })
    t.equal(headers['access-control-allow-origin'], 'https://admin.example')
    t.equal(headers['access-control-allow-credentials'], undefined)
    const exposed = String(headers['access-control-expose-headers']).split(', ')
    const expected =
      'X-Request-Id X-API-Version RateLimit RateLimit-Policy Retry-After Link Location'
    for (const name of expected.split(' ')) t.ok(exposed.includes(name), name)
  }
})

await test('S64 a preflight names the methods of the path itself', async (t) => {
  const app = await frame(t, routes, { env })
  const preflight = (url: string) =>
    app.inject({
      method: 'OPTIONS',
      url,
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    })
  const known = await preflight('/api/v1/things')
  t.equal(known.statusCode, 204)
  t.match(known.headers, {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-methods': 'GET, HEAD, OPTIONS, POST',
    'access-control-allow-headers': /Authorization, Content-Type/,
  })
  t.equal((await preflight('/api/v1/nowhere')).statusCode, 404)
})

await test('S64 without a list nobody is named, and with * everybody', async (t) => {
  const headers = { origin: 'https://app.example' }
  const closed = await frame(t, routes)
  const reply = await closed.inject({ url: '/api/v1/things', headers })
  t.equal(reply.headers['access-control-allow-origin'], undefined)
  const open = await frame(t, routes, { env: { CORS_ORIGINS: '*' } })
  t.match((await open.inject({ url: '/api/v1/things', headers })).headers, {
    'access-control-allow-origin': '*',
  })
})
