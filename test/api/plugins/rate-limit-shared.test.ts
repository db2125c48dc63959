import { test } from 'tap'
import { redisServer, skip } from '../../redis.ts'
import { node, someone, WARNED } from './nodes.ts'

await test('S68 nodes over one Redis share a limit', { skip }, async (t) => {
  const url = process.env['TEST_REDIS_URL'] ?? (await redisServer(t)).url
  const a = await node(t, url)
  const b = await node(t, url)
  const caller = someone()
  const order = [a, b, b, a, b, a]
  for (const [i, one] of order.entries()) {
    t.match(await one.ask(caller), { status: 200, left: 5 - i })
  }
  for (const one of [a, b]) {
    const { status, headers } = await one.ask(caller)
    t.equal(status, 429)
    t.equal(headers['ratelimit-policy'], '"default";q=6;w=60')
    t.match(headers['ratelimit'], /^"default";r=0;t=(60|59)$/)
    t.match(headers['retry-after'], /^(60|59)$/)
  }
  t.match(await b.ask(someone()), { status: 200, left: 5 }, 'others are not limited')
  t.match(await a.ask(caller, '/login'), { status: 200, left: 0 }, 'each policy has its count')
  t.match(await b.ask(caller, '/login'), { status: 429 })
  t.strictSame([...a.logged(), ...b.logged()], [])
})

await test('S92 a registration that is refused is given back on all nodes', { skip }, async (t) => {
  const url = process.env['TEST_REDIS_URL'] ?? (await redisServer(t)).url
  const a = await node(t, url, '0.3')
  const b = await node(t, url, '0.3')
  const caller = someone()
  t.match(await a.ask(caller, '/register'), { status: 200, left: 2 })
  for (const one of [b, a]) t.match(await one.ask(caller, '/register?bad'), { status: 401 })
  t.match(await b.ask(caller, '/register'), { status: 200, left: 1 })
  t.match(await a.ask(caller, '/register'), { status: 200, left: 0 })
  t.match(await b.ask(caller, '/register'), { status: 429, left: 0 })
})

await test(
  'S68 of many requests at once none is lost and none counted twice',
  { skip },
  async (t) => {
    const { url } = await redisServer(t)
    const a = await node(t, url, '1')
    const b = await node(t, url, '1')
    const replies = (await Promise.all([a.burst('7', 100), b.burst('7', 100)])).flat()
    const left = replies.map((reply) => reply.left).toSorted((x, y) => y - x)
    const each = Array.from({ length: 200 }, (_, i) => 599 - i)
    t.strictSame(left, each)
  },
)

await test(
  'S68 Redis is told who is limited and until when, and nothing else',
  { skip },
  async (t) => {
    const redis = await redisServer(t)
    const { ask } = await node(t, redis.url)
    await ask('7')
    await ask('2001:db8:1:2::3')
    await ask('192.0.2.1', '/login')
    const keys = String(await redis.command('KEYS *')).split(',')
    t.strictSame(keys.toSorted(), [
      'commonplace:rate:auth:192.0.2.1',
      'commonplace:rate:default:2001:db8:1:2::',
      'commonplace:rate:default:user:7',
    ])
    for (const key of keys) {
      const left = Number(await redis.command(`PTTL ${key}`))
      t.ok(left > 50_000 && left <= 60_000, `${key} ends in ${left} ms`)
      t.equal(await redis.command(`GET ${key}`), '1')
    }
  },
)

await test('S69 who is limited stays so when Redis loses what it knew', { skip }, async (t) => {
  const redis = await redisServer(t)
  const a = await node(t, redis.url)
  const b = await node(t, redis.url)
  await a.burst('7', 6)
  t.match(await b.ask('7'), { status: 429 })
  await a.burst('8', 3)
  await redis.command('FLUSHALL')
  for (const one of [a, b]) t.match(await one.ask('7'), { status: 429 })
  t.match(await a.ask('8'), { status: 200, left: 2 }, 'and what was used is not given back')
})

await test('S73 the password of Redis is used, and never logged', { skip }, async (t) => {
  const redis = await redisServer(t, { password: 'canary/%:@1' })
  const a = await node(t, redis.url)
  const b = await node(t, redis.url)
  t.match(await a.ask('7'), { left: 5 })
  t.match(await b.ask('7'), { left: 4 })
  const wrong = await node(t, redis.url.replace('canary', 'canary2'))
  t.match(await wrong.ask('7'), { status: 200, left: 5 })
  t.strictSame(wrong.logged(), [WARNED])
  t.match(wrong.wholeLog(), /WRONGPASS/)
  t.notMatch(a.wholeLog() + wrong.wholeLog(), /canary/)
})
