import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { redisServer, skip } from '../../redis.ts'
import { BACK, node, someone, WARNED } from './nodes.ts'

/** Milliseconds for what must wait 200 once at most. The slow tests measure each request. */
const PROMPT = 1000

async function timed<T>(work: Promise<T>) {
  const began = performance.now()
  return { result: await work, ms: performance.now() - began }
}

await test(
  'S70 a frozen Redis holds up nobody, and limits hold on each node',
  { skip },
  async (t) => {
    const redis = await redisServer(t)
    const a = await node(t, redis.url)
    const b = await node(t, redis.url)
    for (const left of [5, 4, 3]) t.match(await a.ask('7'), { left })
    t.match(await b.ask('7'), { left: 2 })
    redis.freeze()

    const first = await timed(b.burst('7', 2))
    t.match(
      first.result,
      [{ left: 1 }, { left: 0 }],
      'what all nodes have counted is not forgotten',
    )
    t.ok(first.ms < PROMPT, `the first replies after ${Math.round(first.ms)} ms`)
    t.match(await b.ask('7'), { status: 429 })
    const statuses = (await b.burst('8', 7)).map(({ status }) => status)
    t.strictSame(statuses, [200, 200, 200, 200, 200, 200, 429])
    const began = performance.now()
    for (let i = 0; i < 20; i++) t.match(await b.ask(someone()), { status: 200, left: 5 })
    t.ok(performance.now() - began < PROMPT, 'nobody else waits')
    t.strictSame(b.logged(), [WARNED])

    redis.thaw()
    await b.recovered()
    t.strictSame(b.logged(), [WARNED, BACK])
    t.strictSame(a.logged(), [], 'nobody asked there in the meantime')
    t.match(await b.ask('7'), { status: 429 }, 'limited until the window ends')
    t.match(await a.ask('9'), { left: 5 })
    t.match(await b.ask('9'), { left: 4 }, 'shared again')
  },
)

await test('S69 S70 Redis is killed, and comes back empty', { skip }, async (t) => {
  const redis = await redisServer(t)
  const a = await node(t, redis.url)
  const b = await node(t, redis.url)
  await a.burst('7', 6)
  t.match(await b.ask('7'), { status: 429 })
  await redis.kill()
  t.match(await b.ask('7'), { status: 429 }, 'what another node told is remembered')
  const { result, ms } = await timed(b.burst('8', 6))
  t.match(result.at(-1), { status: 200, left: 0 })
  t.ok(ms < PROMPT)
  t.match(await b.ask('8'), { status: 429 })

  while (!b.logged().includes(WARNED)) await sleep(20)
  await redis.start()
  await b.recovered()
  t.strictSame(b.logged(), [WARNED, BACK])
  for (const caller of ['7', '8']) t.match(await b.ask(caller), { status: 429 }, caller)
  t.match(await b.ask('9'), { left: 5 })
})

await test('S70 Redis is absent at the start, and comes later', { skip }, async (t) => {
  const redis = await redisServer(t, { running: false })
  const { result: one, ms } = await timed(node(t, redis.url))
  t.ok(ms < PROMPT, `started in ${Math.round(ms)} ms`)
  const replies = await one.burst('7', 7)
  t.strictSame(
    replies.map(({ left }) => left),
    [5, 4, 3, 2, 1, 0, 0],
  )
  t.equal(replies.at(-1)?.status, 429)
  t.strictSame(one.logged(), [WARNED])
  await redis.start()
  await one.recovered()
  t.strictSame(one.logged(), [WARNED, BACK])
})

await test('S70 Redis is frozen at the start', { skip }, async (t) => {
  const redis = await redisServer(t)
  redis.freeze()
  const { result: one, ms } = await timed(node(t, redis.url))
  t.ok(ms < PROMPT, `started in ${Math.round(ms)} ms`)
  t.match(await one.ask('7'), { status: 200, left: 5 })
  t.strictSame(one.logged(), [WARNED])
  redis.thaw()
  await one.recovered()
  t.strictSame(one.logged(), [WARNED, BACK])
})

await test('S70 Redis answers with errors', { skip }, async (t) => {
  const redis = await redisServer(t)
  const troubles = [
    { name: 'out of memory', begin: 'CONFIG SET maxmemory 1', end: 'CONFIG SET maxmemory 0' },
    { name: 'a replica now', begin: 'REPLICAOF 127.0.0.1 1', end: 'REPLICAOF NO ONE' },
  ]
  for (const { name, begin, end } of troubles) {
    await t.test(name, async (t) => {
      const one = await node(t, redis.url)
      const caller = someone()
      t.match(await one.ask(caller), { left: 5 })
      await redis.command(begin)
      for (const left of [4, 3, 2, 1, 0]) t.match(await one.ask(caller), { status: 200, left })
      t.match(await one.ask(caller), { status: 429 })
      // Long enough for a try, which fails and says nothing.
      for (let i = 0; i < 30; i++, await sleep(50)) await one.ask(someone())
      t.strictSame(one.logged(), [WARNED])
      await redis.command(end)
      await one.recovered()
      t.strictSame(one.logged(), [WARNED, BACK])
    })
  }
})

/** The URL of something between the nodes and Redis. */
async function proxy(t: Test, pass: (socket: Socket) => void) {
  const server = createServer(pass).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  return `redis://127.0.0.1:${port}`
}

await test('S70 another server takes the place of a frozen one', { skip }, async (t) => {
  const old = await redisServer(t)
  const replacement = await redisServer(t)
  let current = old
  const url = await proxy(t, (socket) => {
    const upstream = connect(Number(new URL(current.url).port), '127.0.0.1')
    pipeline(socket, upstream, socket, () => {})
    t.teardown(() => socket.destroy())
  })
  const { ask, recovered, logged } = await node(t, url)
  t.match(await ask('7'), { left: 5 })
  old.freeze()
  current = replacement
  t.match(await ask('7'), { left: 4 })
  await recovered()
  t.strictSame(logged(), [WARNED, BACK])
})

await test(
  'S70 a connection that is lost for a moment is no failure, and nothing counts twice',
  { skip },
  async (t) => {
    const redis = await redisServer(t)
    const sockets: Socket[] = []
    const url = await proxy(t, (socket) => {
      const upstream = connect(Number(new URL(redis.url).port), '127.0.0.1')
      socket.pipe(upstream)
      upstream.pipe(socket)
      sockets.push(socket)
    })
    const { ask, logged } = await node(t, url)
    t.match(await ask('7'), { left: 5 })
    redis.freeze()
    const pending = ask('7')
    const [socket] = sockets
    if (!socket) throw new Error('there is no connection')
    await once(socket, 'data')
    socket.end()
    redis.thaw()
    t.match(await pending, { status: 200, left: 4 })
    while (sockets.length === 1) await sleep(20)
    await sleep(300)
    t.equal(await redis.command('GET commonplace:rate:default:user:7'), '2')
    t.strictSame(logged(), [])
  },
)

await test('S70 a proxy accepts connections and closes them', async (t) => {
  const url = await proxy(t, (socket) => socket.resume().end())
  const { ask, logged } = await node(t, url)
  t.match(await ask('7'), { status: 200, left: 5 })
  while (logged().length === 0) await sleep(20)
  await sleep(500)
  t.match(await ask('7'), { status: 200, left: 4 })
  t.strictSame(logged(), [WARNED])
})

await test('S70 closing beside a frozen Redis is prompt, and no failure', { skip }, async (t) => {
  const redis = await redisServer(t)
  const { app, ask, logged } = await node(t, redis.url)
  await ask('7')
  redis.freeze()
  const pending = ask('7')
  const { ms } = await timed(app.close())
  t.ok(ms < PROMPT, `closed in ${Math.round(ms)} ms`)
  t.match(await pending, { status: 200, left: 4 })
  t.strictSame(logged(), [])
})

await test(
  'S70 beside a frozen Redis all is served, and logins keep a limit',
  { skip },
  async (t) => {
    const redis = await redisServer(t)
    const env = { REDIS_URL: redis.url, RATE_LIMITS: '0.25' } // 5 logins
    const { request, as } = await start(t, { env })
    const alice = await as('alice')
    redis.freeze()
    t.match(await alice.get('/api/v1/me'), { status: 200, body: { username: 'alice' } })
    t.match(await request('GET', '/readyz'), { status: 200, body: { status: 'ok' } })
    const statuses = []
    for (let i = 0; i < 5; i++) {
      const body = { username: 'alice', password: 'not the password' }
      statuses.push((await request('POST', '/api/v1/login', { body })).status)
    }
    t.strictSame(statuses, [401, 401, 401, 401, 429], 'the first of five was the login of alice')
    t.match(await request('GET', '/api/v1/posts'), { status: 200, body: { posts: [] } })
  },
)
