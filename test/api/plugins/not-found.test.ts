import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { exchange, frame } from './frame.ts'

const routes = (app: FastifyInstance) => {
  app.get('/api/v1/things/:id', async () => ({}))
  app.delete('/api/v1/things/:id', async () => ({}))
  app.put('/other', async () => ({}))
}

await test('S65 a known path with another method is 405 with Allow', async (t) => {
  const app = await frame(t, routes)
  for (const method of ['POST', 'PUT', 'PATCH', 'TRACE', 'QUERY', 'PROPFIND'] as const) {
    const reply = await app.inject({ method: method as 'POST', url: '/api/v1/things/1?x=1' })
    t.equal(reply.statusCode, 405, method)
    t.equal(reply.headers['allow'], 'DELETE, GET, HEAD, OPTIONS', method)
    t.match(reply.json(), { error: 'Method Not Allowed' })
  }
  const other = await app.inject({ method: 'GET', url: '/other' })
  t.equal(other.headers['allow'], 'OPTIONS, PUT')
  t.match(other.json(), { code: 'method_not_allowed', status: 405, instance: '/other' })
})

await test('S65 a path that is written out is no record with that id', async (t) => {
  const app = await frame(t, (scope) => {
    routes(scope)
    scope.post('/api/v1/things/bulk', async () => ({}))
  })
  for (const method of ['GET', 'HEAD', 'DELETE', 'PATCH'] as const) {
    const reply = await app.inject({ method, url: '/api/v1/things/bulk?x=1' })
    t.equal(reply.statusCode, 405, method)
    t.equal(reply.headers['allow'], 'OPTIONS, POST', method)
  }
  const options = await app.inject({ method: 'OPTIONS', url: '/api/v1/things/bulk' })
  t.equal(options.headers['allow'], 'OPTIONS, POST')
  const post = await app.inject({ method: 'POST', url: '/api/v1/things/bulk' })
  t.equal(post.statusCode, 200)
  t.equal((await app.inject('/api/v1/things/bulky')).statusCode, 200)
})

await test('S65 TRACE is refused on the wire, and never echoes', async (t) => {
  const app = await frame(t, routes)
  const reply = await exchange(
    app,
    'TRACE /other HTTP/1.1\r\nHost: x\r\nX-Canary: canary\r\nConnection: close\r\n\r\n',
  )
  t.match(reply, /^HTTP\/1\.1 405 /)
  t.notMatch(reply, /canary/)
})

await test('an unknown path is 404 before its body is looked at', async (t) => {
  const app = await frame(t, routes)
  const headers = { 'content-type': 'application/json' }
  const reply = await app.inject({ method: 'POST', url: '/nowhere', payload: '{', headers })
  t.equal(reply.statusCode, 404)
  t.equal((await app.inject('/api/v1/things/1/')).statusCode, 404)
})

await test('OPTIONS answers on known paths', async (t) => {
  const app = await frame(t, routes)
  const reply = await app.inject({ method: 'OPTIONS', url: '/api/v1/things/1' })
  t.equal(reply.statusCode, 204)
  t.equal(reply.headers['allow'], 'DELETE, GET, HEAD, OPTIONS')
  t.equal(reply.body, '')
  t.equal(reply.headers['content-type'], undefined)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/nowhere' })).statusCode, 404)
})

await test('HEAD mirrors GET', async (t) => {
  const app = await frame(t, routes)
  const get = await app.inject('/api/v1/things/1')
  const head = await app.inject({ method: 'HEAD', url: '/api/v1/things/1' })
  t.equal(head.statusCode, 200)
  t.equal(head.headers['content-length'], get.headers['content-length'])
  t.equal(head.headers['content-type'], get.headers['content-type'])
})
