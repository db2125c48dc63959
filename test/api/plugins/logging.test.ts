import type { InjectOptions } from 'fastify'
import { test } from 'tap'
import { exchange, collect, frame } from './frame.ts'

const env = { LOG_LEVEL: 'info' }

await test('S77 one line for each request, without its query', async (t) => {
  const stream = collect()
  const app = await frame(
    t,
    (routes) => {
      routes.get('/api/v1/things/:id', async () => ({}))
    },
    { env, stream },
  )
  const said = async (request: string | InjectOptions) => {
    stream.lines.length = 0
    const reply = await app.inject(request)
    t.equal(stream.lines.length, 1)
    t.match(stream.lines[0], /\n$/)
    const line = JSON.parse(stream.lines[0] ?? '')
    t.equal(line.request_id, reply.headers['x-request-id'])
    return line
  }
  t.match(await said({ url: '/api/v1/things/7', headers: { 'x-user': '3' } }), {
    level: 30,
    time: Number,
    method: 'GET',
    path: '/api/v1/things/7',
    route: '/api/v1/things/:id',
    status: 200,
    ms: Number,
    user_id: 3,
    msg: 'request',
  })
  t.match(await said('/api/v1/things/7?token=canary'), { path: '/api/v1/things/7', status: 400 })
  stream.lines.length = 0
  await exchange(app, 'GET /no"where\\ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(JSON.parse(stream.lines.at(-1) ?? ''), { path: '/no"where\\', route: '', status: 404 })
  t.match(await said('/%zz?token=canary'), { path: '/%zz', status: 400 })
  t.match(await said({ method: 'HEAD', url: '/api/v1/things/7' }), { method: 'HEAD', status: 200 })
  t.match(await said({ method: 'OPTIONS', url: '/api/v1/things/7' }), { status: 204 })
})

await test('S77 no password, token or cookie gets into a log', async (t) => {
  const stream = collect()
  const app = await frame(
    t,
    (routes) => {
      routes.post('/login', async (request) => {
        request.log.info({ req: { headers: request.headers }, body: request.body }, 'careless')
        request.log.warn({ password: 'canary', access_token: 'canary' }, 'careless')
        const headers = { 'set-cookie': 'canary' }
        request.log.warn({ ...headers, headers, res: { headers }, reply: { headers } }, 'careless')
        const cause = new Error('Failed query: insert …\nparams: canary,canary\n at x')
        throw new Error('outer', { cause: Object.assign(cause, { params: ['canary'] }) })
      })
      routes.get('/exports/:token', async () => ({}))
    },
    { env, stream },
  )
  await app.inject({
    method: 'POST',
    url: '/login?token=canary',
    headers: { authorization: 'Bearer canary', cookie: 'session=canary' },
    payload: { password: 'canary', refresh_token: 'canary' },
  })
  await app.inject('/exports/canary')
  await exchange(app, 'GET /?token=canary HTTP/1.1\r\nHost : canary\r\n\r\n')
  const log = stream.lines.join('')
  t.match(log, /careless.*careless.*a request failed/s)
  t.match(log, '[redacted]')
  t.match(log, 'Failed query: insert')
  t.match(log, '"path":"/exports/:token"')
  t.notMatch(log, /canary/)
})

await test('S66 the log names no forged address, and a quiet level writes no lines', async (t) => {
  const stream = collect()
  const app = await frame(t, () => {}, { env: { LOG_LEVEL: 'warn' }, stream })
  await app.inject({ url: '/', headers: { 'x-forwarded-for': '203.0.113.9' } })
  t.same(stream.lines, [])
})
