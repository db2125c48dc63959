import { test } from 'tap'
import { start } from '../../helper.ts'
import { tokenIn } from '../../mail-server.ts'
import { scene } from './mailing.ts'

await test('a mail server that refuses changes no reply, and gets the mail later', async (t) => {
  const { server, register, delivered, clock, post, backend } = await scene(t)
  server.refuse(new Error('the queue is full'))
  await register('alice', 'a@example.com')
  t.same(await delivered(), [])
  clock.advance(29)
  server.refuse(undefined)
  t.same(await delivered(), [], 'not before 30 seconds')
  clock.advance(2)
  const [mail] = await delivered()
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })

  // What nobody takes for days is given up.
  server.refuse(new Error('no such mailbox'))
  await register('bob', 'b@example.com')
  for (let tries = 0; tries < 30; tries++) {
    await delivered()
    clock.advance(4 * 3600 + 1)
  }
  const { mails } = backend.store.tables
  t.same(await backend.store.query((q) => q.select().from(mails)), [])
})

await test('two nodes hand a mail over once', async (t) => {
  const { server, register, backend, databaseUrl, clock } = await scene(t)
  const second = await start(t, { databaseUrl, clock, env: { SMTP_URL: server.url } })
  for (let i = 0; i < 5; i++) await register(`user-${i}`, `user-${i}@example.com`)
  await Promise.all([backend.outbox.deliver(), second.backend.outbox.deliver()])
  t.same(
    server.mails.map(({ to }) => to?.[0]?.address).toSorted((a = '', b = '') => a.localeCompare(b)),
    Array.from({ length: 5 }, (_, i) => `user-${i}@example.com`),
  )
})

await test('the database holds no token and no address of a mail that waits', async (t) => {
  const { register, backend, verified, post } = await scene(t)
  await verified('alice', 'a@example.com')
  await post('password/forgot', { email: 'a@example.com' })
  await register('bob', 'secret-address@example.com')
  const { mails } = backend.store.tables
  const rows = await backend.store.query((q) => q.select().from(mails))
  t.equal(rows.length, 2)
  t.notMatch(JSON.stringify(rows), /example|alice|bob/)
})

await test('without a mail server, what goes by mail says so', async (t) => {
  const { as, request } = await start(t)
  const alice = await as('alice')
  for (const reply of [
    await alice.post('/api/v2/auth/email/resend'),
    await request('POST', '/api/v2/auth/password/forgot', { body: { email: 'a@example.com' } }),
  ])
    t.match(reply, { status: 503, body: { code: 'mail_unavailable' } })
})
