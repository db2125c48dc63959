import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { createWindowCounter } from '../../../src/api/plugins/window-counter.ts'
import { TokenInvalid } from '../../../src/base/access-errors.ts'
import { exchange, frame } from './frame.ts'

// A hundredth: default 6, auth 1 (at least), refresh 1, register 1.
const env = { RATE_LIMITS: '0.01' }
const routes = (app: FastifyInstance) => {
  app.get('/open', { config: { access: 'public' } }, async () => ({}))
  app.get('/login', { config: { access: 'public', limit: 'auth' } }, async () => ({}))
  app.get('/refresh', { config: { limit: 'refresh' } }, async () => ({}))
  app.get('/healthz', { config: { access: 'public', limit: 'none' } }, async () => ({}))
}

await test('S68 the limit is told with each reply, and refused with 429 and Retry-After', async (t) => {
  const app = await frame(t, routes, { env })
  for (let left = 5; left >= 0; left--) {
    const { statusCode, headers } = await app.inject('/open')
    t.equal(statusCode, 200)
    t.equal(headers['ratelimit-policy'], '"default";q=6;w=60')
    t.equal(headers['ratelimit'], `"default";r=${left};t=60`)
    t.equal(headers['retry-after'], undefined)
  }
  const refused = await app.inject('/open')
  t.equal(refused.statusCode, 429)
  t.match(refused.headers, { ratelimit: '"default";r=0;t=60', 'retry-after': '60' })
  t.match(refused.json(), { code: 'rate_limited', status: 429 })
  const v1 = await app.inject('/api/v1/nowhere')
  t.match(v1.json(), { error: 'Too Many Requests', message: /try again later/ })
})

await test('S68 unknown paths, wrong methods, bad URLs and refused tokens are counted too', async (t) => {
  const bad = [
    { url: '/nowhere' },
    { method: 'POST', url: '/open' },
    { url: '/%zz' },
    { url: '/open', headers: { 'x-user': 'forged' } },
    {
      method: 'POST',
      url: '/nowhere',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    },
  ] as const
  for (const request of bad) {
    const app = await frame(t, routes, { env })
    const statuses = []
    for (let i = 0; i < 7; i++) statuses.push((await app.inject(request)).statusCode)
    const name = JSON.stringify(request)
    t.notOk(statuses.slice(0, 6).includes(429), name)
    t.equal(statuses[6], 429, name)
  }
})

await test('S68 an IPv6 customer counts by /64, IPv4 by address, mapped or not', async (t) => {
  const app = await frame(t, routes, { env })
  const left = async (remoteAddress: string) => {
    const { headers } = await app.inject({ url: '/open', remoteAddress })
    return /r=(\d)/.exec(String(headers['ratelimit']))?.[1]
  }
  t.equal(await left('2001:db8:1:2::1'), '5')
  t.equal(await left('2001:db8:1:2:ffff::9'), '4')
  t.equal(await left('2001:db8:1:3::1'), '5')
  t.equal(await left('192.0.2.1'), '5')
  t.equal(await left('::ffff:192.0.2.1'), '4')
  t.equal(await left('192.0.2.2'), '5')
})

await test('S68 users count by themselves, sessions on refresh, everyone by address elsewhere', async (t) => {
  const app = await frame(t, routes, { env })
  const left = async (url: string, user?: string) => {
    const { headers } = await app.inject({ url, ...(user && { headers: { 'x-user': user } }) })
    return headers['ratelimit']
  }
  t.match(await left('/open', '1'), '"default";r=5')
  t.match(await left('/open', '2'), '"default";r=5')
  t.match(await left('/open', '1'), '"default";r=4')
  t.match(await left('/open'), '"default";r=5')
  t.match(await left('/login', '1'), '"auth";r=0')
  t.equal((await app.inject({ url: '/login', headers: { 'x-user': '2' } })).statusCode, 429)
  t.match(await left('/refresh', '1'), '"refresh";r=0')
  t.match(await left('/refresh', '2'), '"refresh";r=0')
  t.equal((await app.inject({ url: '/refresh', headers: { 'x-user': '1' } })).statusCode, 429)
})

await test('health is never limited, and RATE_LIMITS=off limits nothing', async (t) => {
  const app = await frame(t, routes, { env })
  for (let i = 0; i < 20; i++) t.equal((await app.inject('/healthz')).statusCode, 200)
  t.notOk((await app.inject('/healthz')).headers['ratelimit'])
  const off = await frame(t, routes, { env: { RATE_LIMITS: 'off' } })
  for (let i = 0; i < 20; i++) t.equal((await off.inject('/login')).statusCode, 200)
  t.notOk((await off.inject('/open')).headers['ratelimit-policy'])
})

await test('S69 5001 other callers do not free one who is limited', async (t) => {
  const app = await frame(t, routes, { env })
  const remoteAddress = '192.0.2.1'
  await app.inject({ url: '/login', remoteAddress })
  t.equal((await app.inject({ url: '/login', remoteAddress })).statusCode, 429)
  for (let i = 0; i < 5001; i++) {
    await app.inject({ url: '/login', remoteAddress: `10.0.${i >> 8}.${i & 255}` })
  }
  t.equal((await app.inject({ url: '/login', remoteAddress })).statusCode, 429)
})

await test('S69 a window ends, and what a full memory forgets is what ends first', async (t) => {
  const counter = createWindowCounter(1000, 2)
  t.same(counter.count('a', 0), { used: 1, left: 1000 })
  t.same(counter.count('a', 999), { used: 2, left: 1 })
  t.same(counter.count('a', 1000), { used: 1, left: 1000 }, 'a new window')
  t.same(counter.count('b', 1001), { used: 1, left: 1000 })
  counter.count('a', 1002)
  counter.count('c', 1003)
  t.same(counter.count('b', 1004), { used: 2, left: 997 }, 'b was kept')
  t.same(counter.count('a', 1005), { used: 1, left: 1000 }, 'a, the oldest, was forgotten')
})

await test('S69 of what others say of a window, the higher count and the sooner end hold', async (t) => {
  const counter = createWindowCounter(1000, 2)
  counter.count('a', 0)
  counter.learn('a', { used: 7, left: 300 }, 100)
  t.same(counter.count('a', 100), { used: 8, left: 300 })
  counter.learn('a', { used: 2, left: 900 }, 200)
  t.same(counter.count('a', 200), { used: 9, left: 200 }, 'whoever says it has forgotten')
  t.same(counter.count('a', 400), { used: 1, left: 1000 })
  counter.learn('b', { used: 7, left: 300 }, 400)
  t.same(counter.count('b', 400), { used: 1, left: 1000 }, 'nobody of that name asked here')
})

await test('S66 X-Forwarded-For counts only when a known proxy says it', async (t) => {
  const ip = (app: FastifyInstance) => {
    app.get('/ip', async (request) => ({ ip: request.ip }))
  }
  const ask = (forwarded: string) =>
    `GET /ip HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`

  const direct = await frame(t, ip, { env })
  const seen = await exchange(direct, ask('203.0.113.9'))
  t.match(seen, '{"ip":"127.0.0.1"}')
  t.match(await exchange(direct, ask('203.0.113.10')), /"default";r=4/, 'the same caller')

  const behind = await frame(t, ip, { env: { ...env, TRUST_PROXY: 'loopback' } })
  t.match(await exchange(behind, ask('203.0.113.9')), '{"ip":"203.0.113.9"}')
  // What the client claims stands left of what the proxy adds.
  t.match(await exchange(behind, ask('1.2.3.4, 203.0.113.9')), '{"ip":"203.0.113.9"}')
  t.match(await exchange(behind, ask('203.0.113.10')), /"default";r=5/, 'another caller')
})

await test('S92 the limit of registrations counts accounts, and refusals as tries to log in', async (t) => {
  const register = (app: FastifyInstance) =>
    app.post('/register', { config: { access: 'public', limit: 'register' } }, async (request) => {
      if (request.query && 'bad' in Object(request.query)) throw new TokenInvalid()
      return {}
    })
  const app = await frame(t, register, { env: { RATE_LIMITS: '0.3' } })
  const send = (query = '') => app.inject({ method: 'POST', url: `/register${query}` })
  const left = async (query?: string) => String((await send(query)).headers['ratelimit'])

  t.match(await left(), /^"register";r=2;/)
  t.match(await left('?bad'), /^"register";r=2;/, 'given back')
  t.match(await left('?bad'), /^"register";r=2;/)
  t.match(await left(), /^"register";r=1;/)
  t.match(await left(), /^"register";r=0;/)
  const full = await send()
  t.match(full.json(), {
    code: 'rate_limited',
    detail: 'Too many registrations: at most 3 an hour from one address, try again later',
  })
  t.equal(full.headers['ratelimit-policy'], '"register";q=3;w=3600')

  const other = await frame(t, register, { env: { RATE_LIMITS: '0.3' } })
  for (let i = 0; i < 6; i++) {
    const reply = await other.inject({ method: 'POST', url: '/register?bad' })
    t.equal(reply.statusCode, 401)
  }
  const guessed = await other.inject({ method: 'POST', url: '/register?bad' })
  t.match(guessed.json(), { detail: /^Too many requests about logins: at most 6 a minute/ })
})

await test('S92 of many registrations at once no more than the limit get through', async (t) => {
  const app = await frame(
    t,
    (one) => one.post('/register', { config: { access: 'public', limit: 'register' } }, () => ({})),
    { env: { RATE_LIMITS: '0.5' } },
  )
  const all = await Promise.all(
    Array.from({ length: 10 }, () => app.inject({ method: 'POST', url: '/register' })),
  )
  t.equal(all.filter(({ statusCode }) => statusCode === 200).length, 5)
})

await test('S92 what is given back belongs to a window that is still open', async (t) => {
  const counter = createWindowCounter(1000, 2)
  counter.count('a', 0)
  counter.count('a', 1)
  t.same(counter.giveBack('a', 500), { used: 1, left: 500 })
  t.same(counter.giveBack('a', 1000), undefined, 'it has ended')
  t.same(counter.giveBack('b', 0), undefined, 'never counted')
  t.same(counter.count('a', 1000), { used: 1, left: 1000 })
})
