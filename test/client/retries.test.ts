import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { createClient, type ClientOptions } from '../../client/src/index.ts'
import { ALICE, serve } from './node.ts'

/** What a proxy answers in place of a server that is away: each reply once, then 200. */
async function gateway(
  t: Test,
  replies: Array<[status: number, headers?: Record<string, string>]>,
) {
  const seen: string[] = []
  const server = createServer((request, reply) => {
    seen.push([request.method, request.headers['idempotency-key']].join(' '))
    const [status, headers] = replies.shift() ?? [200]
    const [type, text] = status === 200 ? ['application/json', '{}'] : ['text/html', '<p>']
    reply.writeHead(status, { 'content-type': type, ...headers }).end(text)
    request.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  return {
    seen,
    waits,
    client: (options: Partial<ClientOptions> = {}) => createClient({ baseUrl, sleep, ...options }),
  }
}
const refusals = (length: number, seconds: string) =>
  Array.from({ length }, (): [number, Record<string, string>] => [503, { 'retry-after': seconds }])
const between = (t: Test, ms: number | undefined, least: number, most: number) =>
  t.ok(ms !== undefined && ms >= least && ms <= most, `${ms} is between ${least} and ${most}`)

await test('a rate limit is waited for as long as the server says', async (t) => {
  const node = await serve(t, { env: { RATE_LIMITS: '0.01' } })
  let moved = 0
  const { now } = performance
  t.intercept(performance, 'now', { value: () => now.call(performance) + moved })
  const sleep = async (ms: number) => {
    node.waits.push(ms)
    moved += ms
  }
  const { login, GET } = node.client({ sleep })
  await login(ALICE)
  for (let i = 0; i < 6; i += 1) await GET('/me')
  t.equal(node.waits.length, 0)
  t.equal((await GET('/me')).data.username, 'alice')
  t.equal(node.waits.length, 1)
  between(t, node.waits[0], 50_000, 60_500)
  t.equal(node.count('GET /me'), 8)
})

await test('Retry-After in seconds, as a date, and none', async (t) => {
  const date = new Date(Date.now() + 20_000).toUTCString()
  const past = new Date(0).toUTCString()
  const { client, waits } = await gateway(t, [
    [429, { 'retry-after': '7' }],
    [503, { 'retry-after': date }],
    [503],
    [503, { 'retry-after': past }],
    [503, { 'retry-after': 'soon' }],
    [429],
  ])
  const { GET } = client({ retries: 6 })
  await GET('/me')
  // What comes on top is so that not all come back at once.
  between(t, waits[0], 7000, 7500)
  between(t, waits[1], 18_000, 21_000)
  between(t, waits[2], 2000, 4000)
  between(t, waits[3], 0, 4000)
  between(t, waits[4], 8000, 16_000)
  between(t, waits[5], 16_000, 32_000)
})

await test('no two wait equally long', async (t) => {
  const { client, waits } = await gateway(t, refusals(20, '1'))
  const { GET } = client({ retries: 1 })
  await Promise.allSettled(Array.from({ length: 10 }, () => GET('/posts')))
  t.equal(new Set(waits).size, 10)
})

await test('the number of tries is bounded, and what is thrown is the last refusal', async (t) => {
  const { client, seen, waits } = await gateway(t, refusals(9, '2'))
  await t.rejects(client().GET('/me'), { status: 503, code: 'unknown', retryAfter: 2 })
  t.strictSame([seen.length, waits.length], [4, 3])
  await t.rejects(client({ retries: 0 }).GET('/me'), { message: '503 Service Unavailable' })
  t.strictSame([seen.length, waits.length], [5, 3])
})

await test('who would have to wait for minutes is told instead', async (t) => {
  const { client, seen, waits } = await gateway(t, [[429, { 'retry-after': '61' }]])
  await t.rejects(client().GET('/me'), { name: 'ProblemError', retryAfter: 61 })
  t.strictSame([seen.length, waits.length], [1, 0])
})

await test('no single wait is longer than a minute, however many tries there are', async (t) => {
  t.intercept(Math, 'random', { value: () => 0.999 })
  const none = Array.from({ length: 10 }, (): [number] => [503])
  const { client, waits } = await gateway(t, [...none, ...refusals(1, '60')])
  await t.rejects(
    client({ retries: 10, fetch: () => Promise.reject(new TypeError('lost')) }).GET('/me'),
  )
  await client({ retries: 20 }).GET('/me')
  t.equal(waits.length, 21)
  t.ok(
    waits.every((ms) => ms <= 60_000),
    waits.join(' '),
  )
  between(t, waits[9], 30_000, 60_000)
})

await test('only what may be done twice is sent again', async (t) => {
  for (const [name, expected] of [
    ['GET', 3],
    ['DELETE', 3],
    ['POST', 3],
    ['PATCH', 1],
    ['register', 1],
    ['login', 1],
  ] as const) {
    const { client, seen } = await gateway(t, refusals(2, '1'))
    const { GET, DELETE, POST, PATCH, register, login } = client()
    const path = { path: { id: 1 } }
    const calls = {
      GET: () => GET('/posts/{id}', { params: path }),
      DELETE: () => DELETE('/posts/{id}', { params: path }),
      POST: () => POST('/posts', { body: { title: 'a', content: 'b' } }),
      PATCH: () => PATCH('/posts/{id}', { params: path, body: { title: 'a' } }),
      register: () => register({ username: 'carol', password: 'x' }),
      login: () => login(ALICE),
    }
    await calls[name]().catch(() => undefined)
    t.equal(seen.length, expected, name)
    t.equal(new Set(seen).size, 1, 'the same request each time, with the same key')
  }
})

await test('what is no fault of the moment is thrown at once', async (t) => {
  for (const status of [400, 404, 500, 502]) {
    const { client, seen } = await gateway(t, [[status]])
    await t.rejects(client().GET('/me'), { status, code: 'unknown' })
    t.equal(seen.length, 1)
  }
})

await test('a request can be aborted while it waits to be sent again', async (t) => {
  const { client, seen } = await gateway(t, [[503, { 'retry-after': '30' }]])
  const controller = new AbortController()
  const { signal } = controller
  // The real one: nobody waits for its 30 seconds.
  const { GET } = client({ sleep: undefined, fetch: (request) => fetch(request).finally(abort) })
  const abort = () => void setImmediate(() => setTimeout(() => controller.abort(), 20))
  const error = await GET('/me', { signal }).catch((reason: unknown) => reason)
  t.match(error, { name: 'AbortError' })
  t.equal(seen.length, 1)
  await t.rejects(GET('/me', { signal }), { name: 'AbortError' }, 'nor before it was sent')
  t.equal(seen.length, 1)
})

await test('a short wait is really waited for', async (t) => {
  const { client, seen } = await gateway(t, [[503, { 'retry-after': '0' }]])
  await client({ sleep: undefined }).GET('/me')
  t.equal(seen.length, 2)
})
