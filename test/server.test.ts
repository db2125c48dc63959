import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test, type Test } from 'tap'

const ROOT = new URL('..', import.meta.url).pathname
const SERVER = [process.execPath, `${ROOT}src/server.ts`] as const

/** The process that `npm start` runs, in an empty folder. */
function launch(
  t: Test,
  env: Record<string, string>,
  [command, ...args]: readonly [string, ...string[]] = SERVER,
) {
  const child = spawn(command, args, {
    cwd: t.testdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', ...env },
    detached: true,
  })
  t.teardown(() => {
    // The whole group; it has ended where all is well.
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {}
  })
  let log = ''
  const listening = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk) => {
      log += chunk.toString()
      const address = /listening on (http:\S+),/.exec(log)?.[1]
      if (address) resolve(address)
    })
  })
  const exited = Promise.all([once(child, 'exit'), text(child.stderr)]).then(
    ([[code], stderr]) => ({ code, stderr, log }),
  )
  return { child, listening, exited }
}

await test('S73 a start with faults names them all, without their values, and exits with 1', async (t) => {
  const env = {
    PORT: 'canary-port',
    JWT_NONSENSE: 'canary',
    CORS_ORIGINS: 'canary',
    DATABASE_URL: 'canary',
  }
  const { code, stderr, log } = await launch(t, env).exited
  t.equal(code, 1)
  for (const name of Object.keys(env)) t.match(stderr, name)
  t.notMatch(stderr + log, /canary/)
  t.notMatch(stderr, /node_modules|at .*\.ts:/, 'no stack')
})

await test('S77 it serves, says where, and a signal ends it with 0', async (t) => {
  const { child, listening, exited } = launch(t, {
    LOG_LEVEL: 'info',
    DATABASE_URL: 'sqlite:./data/x.db',
  })
  const address = await listening
  t.equal((await fetch(`${address}/readyz`)).status, 200)
  t.equal((await fetch(`${address}/api/v1/posts`)).status, 200)
  child.kill('SIGTERM')
  const began = performance.now()
  const { code, stderr, log } = await exited
  t.equal(code, 0)
  t.ok(performance.now() - began < 10_000)
  t.equal(stderr, '')
  t.match(log, `documents at ${address}/docs`)
  t.match(log, /npm run cli -- user create .*--admin/)
  t.match(log, /"path":"\/api\/v1\/posts","status":200/, 'the last lines are written out')
})

await test('S92 the log of a production server begins with what should not be', async (t) => {
  const { child, listening, exited } = launch(t, {
    NODE_ENV: 'production',
    SECRET_KEY: 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a',
    PUBLIC_URL: 'http://api.example.com',
    RATE_LIMITS: 'off',
  })
  await listening
  child.kill('SIGTERM')
  const { log } = await exited
  t.match(log, /"level":40,.*"msg":"PUBLIC_URL is http: whoever/)
  t.match(log, /"level":40,.*"msg":"RATE_LIMITS is off: /)
  t.ok(log.indexOf('PUBLIC_URL is') < log.indexOf('listening on'), 'before it listens')
})

for (const script of [['start'], ['run', 'cli', '--', 'serve']])
  await test(`S77 a signal to npm ${script.join(' ')} ends the server`, async (t) => {
    const env = { LOG_LEVEL: 'info', DATABASE_URL: `sqlite:${t.testdir()}/x.db` }
    const npm = ['npm', '--prefix', ROOT, ...script] as const
    const { child, listening, exited } = launch(t, env, npm)
    const address = await listening
    t.equal((await fetch(`${address}/readyz`)).status, 200)
    child.kill('SIGTERM')
    t.match((await exited).log, /"signal":"SIGTERM".*"closing"/)
    await t.rejects(fetch(`${address}/readyz`))
  })

await test('an address in use is a sentence, not a stack', async (t) => {
  const first = launch(t, { LOG_LEVEL: 'info' })
  const { port } = new URL(await first.listening)
  const { code, stderr } = await launch(t, { PORT: port }).exited
  t.equal(code, 1)
  t.match(stderr, /EADDRINUSE/)
  t.notMatch(stderr, /node_modules|at .*\.ts:/)
})
