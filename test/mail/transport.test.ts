import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { test } from 'tap'
import { fileTransport, mailTransport, PATIENCE, smtpTransport } from '../../src/mail/transport.ts'
import { mailServer } from '../mail-server.ts'

const FROM = { name: 'Commonplace', address: 'noreply@example.com' }
const MAIL = {
  id: 'one-of-a-kind',
  userId: 7,
  address: 'alice@example.com',
  to: 'alice@example.com',
  subject: 'Grüße',
  text: 'Grüße aus dem Äther\n',
  html: '<p>Grüße</p>',
}
const { signal } = new AbortController()

await test('development leaves its mails in files that nobody else reads', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'commonplace-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'outbox')
  const { deliver, close } = fileTransport(folder, FROM)
  await deliver(MAIL, signal)
  await deliver({ ...MAIL, subject: 'Again' }, signal)
  close()
  const files = readdirSync(folder).toSorted()
  t.equal(files.length, 2)
  for (const file of files) {
    t.match(file, /^\d{4}-\d\d-\d\dT.+-\d+\.eml$/)
    t.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
  }
  const [first = ''] = files
  t.match(await PostalMime.parse(readFileSync(join(folder, first))), {
    from: FROM,
    to: [{ address: MAIL.to }],
    subject: MAIL.subject,
    text: MAIL.text,
  })
})

await test('a mail goes to the server, with both of its texts', async (t) => {
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  await deliver(MAIL, signal)
  t.match(server.mails, [{ subject: MAIL.subject, text: MAIL.text, html: /<p>Grüße<\/p>/ }])
  server.refuse(new Error('the queue is full'))
  await t.rejects(deliver(MAIL, signal), { name: 'NotTaken', message: /the queue is full/ })
  server.refuse(undefined)
  await deliver(MAIL, signal)
  t.equal(server.mails.length, 2)
})

await test('S93 a mail says that a machine wrote it, and in which language; a copy is a copy', async (t) => {
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  await deliver(MAIL, signal)
  await deliver(MAIL, signal)
  for (const { headers, messageId } of server.mails) {
    t.equal(messageId, '<one-of-a-kind@example.com>')
    const value = (name: string) => headers.find(({ key }) => key === name)?.value
    t.equal(value('auto-submitted'), 'auto-generated')
    t.equal(value('content-language'), 'en')
  }
  t.equal(server.mails.length, 2)
})

await test('an address is one recipient, whatever is in it', async (t) => {
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  await deliver({ ...MAIL, to: 'alice,bob@example.com' }, signal)
  t.match(server.recipients, [['"alice,bob"@example.com']])
})

await test('a server that is not there is an error, soon', async (t) => {
  const { deliver, close } = smtpTransport('smtp://127.0.0.1:1', FROM)
  t.teardown(close)
  await t.rejects(deliver(MAIL, signal), { code: /ECONNECTION|ECONNREFUSED|ESOCKET/ })
})

await test('S93 a server may look at a mail for much longer than it may take to greet', async (t) => {
  t.ok(PATIENCE.reply >= 600_000, 'ten minutes after the final dot (RFC 5321, section 4.5.3.2.6)')
  const patience = { greeting: 300, reply: 30_000 }
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM, patience)
  t.teardown(close)
  server.hold(sleep(700))
  await deliver(MAIL, signal)
  t.equal(server.mails.length, 1)

  const silent = createServer().listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const nowhere = smtpTransport(`smtp://127.0.0.1:${port}`, FROM, patience)
  t.teardown(nowhere.close)
  await t.rejects(nowhere.deliver(MAIL, signal), { name: 'NotTaken', code: 'ETIMEDOUT' })
})

await test('S93 who hangs up waits for no answer', async (t) => {
  const server = await mailServer(t)
  const answer = Promise.withResolvers<void>()
  server.hold(answer.promise)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  const ending = new AbortController()
  const handedOver = deliver(MAIL, ending.signal)
  const refused = t.rejects(handedOver, { name: 'NotTaken', code: 'EABORT' })
  await server.dot()
  ending.abort()
  await refused
  answer.resolve()
})

await test('S93 a connection carries ten mails', async (t) => {
  let connections = 0
  const server = await mailServer(t, {
    onConnect(_session, done) {
      connections++
      done()
    },
  })
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  for (let i = 0; i < 10; i++) await deliver(MAIL, signal)
  t.equal(connections, 1)
  await deliver(MAIL, signal)
  t.equal(connections, 2)
})

await test('what is configured decides how mails leave', async (t) => {
  const mailFrom = FROM
  t.equal(mailTransport({ env: 'production', mailFrom }), undefined)
  t.equal(mailTransport({ env: 'test', mailFrom }), undefined)
  for (const transport of [
    mailTransport({ env: 'development', mailFrom }),
    mailTransport({ env: 'production', mailFrom, smtpUrl: 'smtp://localhost' }),
  ]) {
    t.ok(transport)
    transport?.close()
  }
})
