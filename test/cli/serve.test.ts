import { createServer } from 'node:net'
import { once } from 'node:events'
import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { commonplace, PASSWORD, refused, register, serving } from './command.ts'

await test('serve serves, and a signal ends it with 0', async (t) => {
  const url = await freshDatabase(t)
  const server = await serving(t, { url })
  t.equal((await fetch(`${server.url}/readyz`)).status, 200)
  t.equal(await server.stop(), 0)
})

await test('S40 what a command does is in force at once in the server that runs', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const server = await serving(t, { url })
  const call = (path: string, token: string, body?: unknown) =>
    fetch(`${server.url}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const login = async (): Promise<{ access_token: string }> => {
    const reply = await call('/login', '', { username: 'alice', password: PASSWORD })
    return JSON.parse(await reply.text())
  }
  const me = async (token: string) => (await call('/me', token)).json()

  const { access_token: token } = await login()
  t.match(await me(token), { username: 'alice', role: 'user' })
  t.match(await commonplace(['user', 'role', 'alice', 'admin'], { url }), { code: 0 })
  t.match(await me(token), { role: 'admin' })
  t.match(await commonplace(['user', 'suspend', 'alice', '--force'], { url }), { code: 0 })
  t.equal((await call('/me', token)).status, 401)
  t.match(await commonplace(['user', 'restore', 'alice'], { url }), { code: 0 })
  t.equal((await call('/me', token)).status, 401, 'its sessions stay ended')
  const { access_token: next } = await login()
  t.equal((await call('/me', next)).status, 200)
})

await test('a port that is taken is one sentence', async (t) => {
  const url = await freshDatabase(t)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  refused(t, await commonplace(['serve'], { url, env: { PORT: String(port) } }), /EADDRINUSE/)
})
