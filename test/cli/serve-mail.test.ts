import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { mailServer, tokenIn } from '../mail-server.ts'
import { inside, PASSWORD, serving } from './command.ts'

const MAIL_FROM = 'Commonplace <noreply@example.com>'

await test('S93 a server that is told to end waits for no silent mail server, and the mail goes out once another runs', async (t) => {
  const url = await freshDatabase(t)
  const server = await mailServer(t)
  const silence = Promise.withResolvers<void>()
  server.hold(silence.promise)
  t.teardown(silence.resolve)
  const first = await serving(t, { url, env: { SMTP_URL: server.url, MAIL_FROM } })
  const dot = server.dot()
  const registered = await fetch(`${first.url}/api/v2/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'alice', password: PASSWORD, email: 'a@example.com' }),
  })
  t.equal(registered.status, 201)
  await dot
  t.equal(await first.stop(), 0, 'in its grace, and not killed')

  // Nobody waits half a minute for the next try.
  const kept = await inside(url, ({ store }) =>
    store.query((q) =>
      q
        .update(store.tables.mails)
        .set({ nextAttemptAt: new Date(0) })
        .returning(),
    ),
  )
  t.equal(kept.length, 1, 'the mail is kept')
  const back = await mailServer(t)
  const arrival = back.arrival()
  const second = await serving(t, { url, env: { SMTP_URL: back.url, MAIL_FROM } })
  await arrival
  t.equal(await second.stop(), 0)
  const [copy] = server.given
  const [mail, ...more] = back.mails
  t.strictSame(more, [])
  t.equal(mail?.messageId, copy?.messageId, 'whoever got the first has the same mail twice')
  t.equal(mail && tokenIn(mail), copy && tokenIn(copy))
  t.strictSame(
    await inside(url, ({ store }) => store.query((q) => q.select().from(store.tables.mails))),
    [],
  )
})
