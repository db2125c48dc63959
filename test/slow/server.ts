import type { Test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { createHasher } from '../../src/domain/accounts/hasher.ts'
import { buildApp } from '../../src/app.ts'
import { freshDatabase } from '../database.ts'

export const skip = !process.env['SLOW'] && 'milliseconds are measured: npm run test:slow'
export const PASSWORD = 'a quiet place to write'

/** The real server on a port of its own, with passwords as dear as in production. */
export async function listen(t: Test, env: Record<string, string> = {}) {
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

export async function timed(reply: Promise<Response>) {
  const started = performance.now()
  const { status, headers } = await reply.then(async (done) => (await done.text(), done))
  return { status, headers, ms: performance.now() - started }
}
/** The value below which so much of them lies. */
export const at = (times: number[], quantile: number) =>
  times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * quantile)] ?? NaN
