import { test } from 'tap'
import { start } from '../../helper.ts'
import { mailServer } from '../../mail-server.ts'

await test('a server that listens hands mails over by itself, one that does not leaves them', async (t) => {
  const server = await mailServer(t)
  const { app, backend, request } = await start(t, { env: { SMTP_URL: server.url } })
  const body = { username: 'alice', password: 'a quiet place to write', email: 'a@example.com' }
  await request('POST', '/api/v2/auth/register', { body })
  t.same(server.mails, [])
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { mails } = backend.store.tables
  const waiting = () => backend.store.query((q) => q.select().from(mails))
  t.equal((await waiting()).length, 1)
  await server.arrival()
  t.match(server.mails, [{ to: [{ address: 'a@example.com' }] }])
  await app.close()
})
