import { setTimeout as sleep } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { type Env, loadConfig } from '../../../src/config/index.ts'
import { Overloaded } from '../../../src/base/errors.ts'

async function start(t: Test, env: Env = {}) {
  const app = await buildApp(loadConfig({ NODE_ENV: 'test', ...env }))
  t.teardown(() => app.close())
  await app.ready()
  return app
}

await test('/healthz and /readyz are well when all is', async (t) => {
  const app = await start(t)
  for (const url of ['/healthz', '/readyz']) {
    const reply = await app.inject(url)
    t.equal(reply.statusCode, 200)
    t.same(reply.json(), { status: 'ok' })
  }
})

await test('S77 /readyz names what is pending, and fails when the database does', async (t) => {
  const app = await start(t)
  const { store } = app.backend
  const { pending, ping } = store
  store.pending = async () => ['0002_tags']
  const behind = await app.inject('/readyz')
  t.equal(behind.statusCode, 503)
  t.same(behind.json(), { status: 'unavailable', pending_migrations: ['0002_tags'] })

  store.pending = pending
  store.ping = async () => {
    throw new Error('canary: connection to 10.0.0.1 refused')
  }
  const down = await app.inject('/readyz')
  t.equal(down.statusCode, 503)
  t.same(down.json(), { status: 'unavailable', database: 'not ready' })
  t.equal((await app.inject('/healthz')).statusCode, 200, 'the process itself lives')

  store.ping = ping
  t.equal((await app.inject('/readyz')).statusCode, 200)
})

await test('/metrics tells each route by its pattern, in a registry of its own', async (t) => {
  const one = await start(t)
  const other = await start(t)
  await one.inject('/api/v1/posts/7')
  await one.inject('/api/v1/posts/8')
  await one.inject('/nowhere')
  const counts = async (app: typeof one) =>
    (await app.inject('/metrics')).body
      .split('\n')
      .filter((line) => line.startsWith('http_request_duration_seconds_count'))
  const name = 'http_request_duration_seconds_count'
  t.same(await counts(one), [
    `${name}{method="GET",route="/api/v1/posts/:id",status="404"} 2`,
    `${name}{method="",route="",status="404"} 1`,
  ])
  t.same(await counts(other), [])
  const { body, headers } = await other.inject('/metrics')
  t.match(body, /^process_resident_memory_bytes \d+$/m)
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/)
})

await test('a lagging event loop is 503 with Retry-After, except for health', async (t) => {
  const config = { ...loadConfig({ NODE_ENV: 'test' }), maxEventLoopDelay: 5 }
  const app = await buildApp(config)
  t.teardown(() => app.close())
  await app.ready()
  t.equal((await app.inject('/api/v1/posts')).statusCode, 200, 'a start is not held against it')
  await sleep(1100)
  for (const end = performance.now() + 700; performance.now() < end; await sleep(0)) {
    for (const busy = performance.now() + 60; performance.now() < busy;);
  }
  const reply = await app.inject('/api/v1/posts')
  t.equal(reply.statusCode, 503)
  t.equal(reply.headers['retry-after'], '1')
  t.equal(reply.json().message, new Overloaded().message)
  t.equal((await app.inject('/healthz')).statusCode, 200)
})
