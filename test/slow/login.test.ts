import { test, type Test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { createHasher } from '../../src/domain/accounts/hasher.ts'
import { buildApp } from '../../src/app.ts'
import { freshDatabase } from '../database.ts'

const skip = !process.env['SLOW'] && 'milliseconds are measured: npm run test:slow'
/** Enough for a median, and within the time limit of a file on a machine that is busy. */
const TURNS = 50
const PASSWORD = 'a quiet place to write'

/** The real server on a port of its own, with passwords as dear as in production. */
async function listen(t: Test, env: Record<string, string> = {}) {
  const databaseUrl = await freshDatabase(t)
  const settings = { NODE_ENV: 'test', DATABASE_URL: databaseUrl, BCRYPT_COST: '10', ...env }
  const hasher = createHasher()
  const app = await buildApp(loadConfig(settings), { hasher })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await app.close()
    await hasher.close()
  })
  const login = (username: string, password: string) =>
    timed(
      fetch(`${url}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      }),
    )
  return { app, url, login, databaseUrl }
}

async function timed(reply: Promise<Response>) {
  const started = performance.now()
  const { status, headers } = await reply.then(async (done) => (await done.text(), done))
  return { status, headers, ms: performance.now() - started }
}
const at = (times: number[], quantile: number) =>
  times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * quantile)] ?? NaN

await test('S10 S11 the time of a login does not tell why it failed', { skip }, async (t) => {
  const cheap = await listen(t, { BCRYPT_COST: '8' })
  await cheap.app.backend.accounts.register({ username: 'cheap', password: PASSWORD })
  const { app, login } = await listen(t)
  const { accounts, store } = app.backend
  await accounts.register({ username: 'alice', password: PASSWORD })
  const { id } = await accounts.register({ username: 'suspended', password: PASSWORD })
  await accounts.setStatus(id, 'suspended')
  const { users, loginFailures } = store.tables
  const [old] = await cheap.app.backend.store.query((q) => q.select().from(users))
  const { id: _, ...row } = old ?? { id: 0 }
  await store.write(
    store.define('test_cheap', (q) => q.insert(users).values(row as typeof users.$inferInsert)),
  )
  const forget = store.define('test_forget', (q) => q.delete(loginFailures))

  const times: Record<string, number[]> = { alice: [], suspended: [], nobody: [], cheap: [] }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [name, taken] of Object.entries(times)) {
      const { status, ms } = await login(name, 'a wrong password')
      t.equal(status, 401)
      taken.push(ms)
    }
    // Otherwise guessing would be slowed down.
    await store.write(forget)
  }
  const reference = at(times['alice'] ?? [], 0.5)
  for (const [name, taken] of Object.entries(times)) {
    const ratio = at(taken, 0.5) / reference
    t.ok(Math.abs(ratio - 1) < 0.1, `${name}: p50 ${ratio.toFixed(3)} of a wrong password`)
  }
})

await test(
  'S12 S13 while 20 log in at once, the rest of the server answers',
  { skip },
  async (t) => {
    const { url, login, app } = await listen(t)
    await app.backend.accounts.register({ username: 'alice', password: PASSWORD })
    await login('alice', PASSWORD)
    let going = true
    const burst = Promise.all(
      Array.from({ length: 20 }, async () => {
        const tries = []
        for (let i = 0; i < 5; i++) tries.push(await login('alice', PASSWORD))
        return tries
      }),
    ).finally(() => (going = false))
    const health: number[] = []
    while (going) health.push((await timed(fetch(`${url}/healthz`))).ms)
    const tries = (await burst).flat()
    t.ok(health.length > 50, `${health.length} looks at the health`)
    // Twice the 50 ms that is asked for: the load comes from the same two cores.
    t.ok(at(health, 0.99) < 100, `p99 of /healthz: ${at(health, 0.99).toFixed(1)} ms`)
    const refused = tries.filter(({ status }) => status === 503)
    t.ok(refused.length > 0 && tries.some(({ status }) => status === 200))
    for (const { headers } of refused) t.equal(headers.get('retry-after'), '1')
    const slowest = at(
      refused.map(({ ms }) => ms),
      0.9,
    )
    t.ok(slowest < 100, `p90 of the refusals: ${slowest.toFixed(1)} ms`)
  },
)
