import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config/index.ts'
import { migrations } from '../src/db/migrate.ts'
import { migrate } from '../src/db/open.ts'
import { purgeHourly } from '../src/serve.ts'
import { rename } from './api/v1/outage.ts'
import { emptyDatabase } from './cli/empty-database.ts'
import { engine, freshDatabase } from './database.ts'

/** Resolves with the first line that matches. */
function lines() {
  const waiting: Array<[RegExp, (line: string) => void]> = []
  return {
    write(line: string) {
      for (const [pattern, found] of waiting) if (pattern.test(line)) found(line)
    },
    next: (pattern: RegExp) =>
      new Promise<string>((found) => {
        waiting.push([pattern, found])
      }),
  }
}

await test('expired rows are purged again and again, and a failure is logged and not the end', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: databaseUrl, LOG_LEVEL: 'info' })
  const log = lines()
  const app = await buildApp(config, { logStream: log })
  t.teardown(() => app.close())
  const purged = log.next(/purged what has expired/)
  const failed = log.next(/the purge failed/)
  purgeHourly(app, 10, 10)
  // The purge's timer keeps no process alive: a server's socket does.
  await app.listen({ port: 0 })
  t.match(JSON.parse(await purged), { purged: { sessions: 0, token_blacklist: 0 } })
  await rename(databaseUrl, 'leases', 'gone')
  t.match(JSON.parse(await failed), { level: 50 })
})

await test(
  'a server over a database that lacks migrations says so, refuses, and goes on once they are there',
  { skip: engine === 'sqlite' && 'SQLite is migrated at the start' },
  async (t) => {
    const { url } = await emptyDatabase(t)
    const child = spawn(process.execPath, [new URL('../src/server.ts', import.meta.url).pathname], {
      cwd: t.testdir(),
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        PORT: '0',
        LOG_LEVEL: 'info',
        DATABASE_URL: url,
      },
    })
    t.teardown(() => child.kill('SIGKILL'))
    let log = ''
    child.stdout.on('data', (chunk) => (log += String(chunk)))
    while (!/migrations are pending/.test(log)) await once(child.stdout, 'data')
    const address = /listening on (http:\S+),/.exec(log)?.[1] ?? ''
    const status = async (path: string) => {
      const reply = await fetch(address + path)
      return {
        status: reply.status,
        body: await reply.json(),
        after: reply.headers.get('retry-after'),
      }
    }

    t.match(await status('/readyz'), {
      status: 503,
      body: { pending_migrations: migrations('postgres').map(({ name }) => name) },
    })
    t.match(await status('/api/v1/posts'), {
      status: 503,
      after: '2',
      body: { error: 'Service Unavailable' },
    })
    t.match(await status('/healthz'), { status: 200 })

    await migrate(url)
    // By itself: nobody asks /readyz, nobody restarts it.
    while ((await status('/api/v1/posts')).status === 503) await sleep(50)
    t.match(await status('/api/v1/posts'), { status: 200 })
    child.kill('SIGTERM')
    t.strictSame((await once(child, 'exit'))[0], 0)
  },
)
