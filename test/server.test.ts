import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test, type Test } from 'tap'

const SERVER = new URL('../src/server.ts', import.meta.url).pathname

/** The process as `npm start` runs it, in an empty folder. */
function launch(t: Test, env: Record<string, string>) {
  const child = spawn(process.execPath, [SERVER], {
    cwd: t.testdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', ...env },
  })
  t.teardown(() => child.kill('SIGKILL'))
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

await test('an address in use is a sentence, not a stack', async (t) => {
  const first = launch(t, { LOG_LEVEL: 'info' })
  const { port } = new URL(await first.listening)
  const { code, stderr } = await launch(t, { PORT: port }).exited
  t.equal(code, 1)
  t.match(stderr, /EADDRINUSE/)
  t.notMatch(stderr, /node_modules|at .*\.ts:/)
})
