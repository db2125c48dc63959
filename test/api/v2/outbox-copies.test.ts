import { test } from 'tap'
import { start } from '../../helper.ts'
import { refusal, tokenIn } from '../../mail-server.ts'
import { PASSWORD, scene } from './mailing.ts'

/** Of mails that were refused after they had come: the first copies of what follows. */
function copies(server: Awaited<ReturnType<typeof scene>>['server']) {
  server.refuse(new Error('taken, and then lost its tongue'))
  return server.given
}

await test('S93 a copy has the Message-ID and the link of the first one, which stays good', async (t) => {
  const { server, register, delivered, clock, post, me } = await scene(t)
  const given = copies(server)
  const alice = await register('alice', 'a@example.com')
  await delivered()
  clock.advance(31)
  server.refuse(undefined)
  await delivered()
  const [first, second] = given
  t.equal(given.length, 2)
  t.equal(second?.messageId, first?.messageId)
  t.match(first?.messageId, /^<[\w-]{43}@example\.com>$/)
  t.equal(second && tokenIn(second), first && tokenIn(first))
  t.match(await post('email/verify', { token: first && tokenIn(first) }), { status: 204 })
  t.match(await me(alice), { email: 'a@example.com' })
})

await test('S93 a copy makes its link good for no longer, and one that is nearly over is a new one', async (t) => {
  const { server, verified, delivered, clock, post } = await scene(t)
  await verified('alice', 'a@example.com')
  clock.advance(61)
  const given = copies(server)
  const before = given.length
  await post('password/forgot', { email: 'a@example.com' })
  await delivered()
  clock.advance(20 * 60)
  await delivered()
  clock.advance(10 * 60 + 1)
  const [first, second] = given.slice(before)
  t.equal(second && tokenIn(second), first && tokenIn(first))
  const reset = (token: string) => post('password/reset', { token, new_password: 'a louder place' })
  t.match(await reset(first ? tokenIn(first) : ''), { status: 422 }, 'half an hour after the first')
  await delivered()
  const third = given.at(-1)
  t.not(third && tokenIn(third), first && tokenIn(first))
  t.equal(third?.messageId, first?.messageId)
  t.match(await reset(third ? tokenIn(third) : ''), { status: 204 })
})

await test('S93 a link that has been used is mailed no more', async (t) => {
  const { server, register, delivered, clock, post, backend } = await scene(t)
  const given = copies(server)
  await register('alice', 'a@example.com')
  await delivered()
  t.match(await post('email/verify', { token: given[0] && tokenIn(given[0]) }), { status: 204 })
  server.refuse(undefined)
  clock.advance(31)
  t.same(await delivered(), [])
  const { mails } = backend.store.tables
  t.same(await backend.store.query((q) => q.select().from(mails)), [], 'and waits no more')
  t.match(await post('email/verify', { token: given[0] && tokenIn(given[0]) }), { status: 422 })
})

await test('S93 two nodes hand a mail over once, however long the mail server looks at it', async (t) => {
  const { server, register, backend, databaseUrl, clock } = await scene(t)
  const second = await start(t, { databaseUrl, clock, env: { SMTP_URL: server.url } })
  const answer = Promise.withResolvers<void>()
  server.hold(answer.promise)
  for (let i = 0; i < 5; i++) await register(`user-${i}`, `user-${i}@example.com`)
  const dots = server.dot()
  const underway = backend.outbox.deliver()
  await dots
  // More than the mail server has been silent for, and less than it may be.
  clock.advance(599)
  const other = second.backend.outbox.deliver()
  await server.dot()
  answer.resolve()
  await Promise.all([underway, other])
  t.same(
    server.recipients.flat().toSorted((a, b) => a.localeCompare(b)),
    Array.from({ length: 5 }, (_, i) => `user-${i}@example.com`),
  )
})

await test('S93 what is given up is an error of the log, with its kind and its user', async (t) => {
  const lines: string[] = []
  const { server, register, delivered, clock } = await scene(t, {
    env: { LOG_LEVEL: 'warn' },
    logStream: { write: (line) => void lines.push(line) },
  })
  const log = () => lines.splice(0).map((line) => JSON.parse(line))
  server.refuse(refusal('4.3.1 no room for a@example.com', 452))
  const { id } = await register('alice', 'a@example.com')
  for (let tries = 0; tries < 25; tries++) {
    await delivered()
    clock.advance(4 * 3600 + 1)
  }
  const said = log()
  const about = { kind: 'email.verify', user_id: id }
  t.match(said[0], { level: 40, outcome: 'postponed', attempts: 1, ...about })
  t.match(said.at(-1), { level: 50, outcome: 'given_up', attempts: 25, ...about })
  t.equal(said.length, 25)
  t.match(said[0].err.message, /452 4\.3\.1 no room for …/)

  server.refuse(undefined)
  server.refuseRecipients(refusal('5.1.1 nobody', 550))
  const bob = await register('bob', 'b@example.com')
  await delivered()
  t.match(log(), [{ level: 50, outcome: 'undeliverable', kind: 'email.verify', user_id: bob.id }])
  server.refuseRecipients(refusal('5.7.0 log in first', 530))
  await register('carol', 'c@example.com')
  await delivered()
  t.match(log(), [{ level: 50, outcome: 'postponed', msg: /does not take what we send/ }])
  const mailed = server.given.map((mail) => tokenIn(mail)).filter((token) => token !== '')
  t.ok(mailed.length > 20)
  for (const secret of [...mailed, 'example.com', PASSWORD])
    t.notOk(JSON.stringify(said).includes(secret))
})

await test('S93 a mail that cannot be read is given up in the end', async (t) => {
  const { request, register, delivered, backend, clock } = await scene(t)
  await register('alice', 'a@example.com')
  const { mails } = backend.store.tables
  await backend.store.query((q) =>
    q.update(mails).set({ sealed: 'broken', attempts: 23 }).returning(),
  )
  t.same(await delivered(), [])
  clock.advance(4 * 3600 + 1)
  t.same(await delivered(), [])
  t.same(await backend.store.query((q) => q.select().from(mails)), [])
  const { text } = await request('GET', '/metrics')
  t.match(text, /^mails_total\{kind="unknown",outcome="given_up"\} 1$/m)
})

await test('S93 who ends does not wait for a silent mail server, and the mail comes again', async (t) => {
  const { app, server, register, backend, clock } = await scene(t)
  const answer = Promise.withResolvers<void>()
  server.hold(answer.promise)
  await register('alice', 'a@example.com')
  const dot = server.dot()
  void backend.outbox.deliver()
  await dot
  const began = performance.now()
  await app.close()
  t.ok(performance.now() - began < 5000, 'two seconds, and some for a slow machine')
  const { mails } = backend.store.tables
  const [row] = await backend.store.query((q) => q.select().from(mails))
  t.ok(row && row.nextAttemptAt.getTime() <= clock.now().getTime() + 30_000)
  answer.resolve()
})
