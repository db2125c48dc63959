import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import { test } from 'tap'
import { fileTransport, mailTransport, smtpTransport } from '../../src/mail/transport.ts'
import { mailServer } from '../mail-server.ts'

const FROM = 'Commonplace <noreply@example.com>'
const MAIL = {
  to: 'alice@example.com',
  subject: 'Grüße',
  text: 'Grüße aus dem Äther\n',
  html: '<p>Grüße</p>',
}

await test('development leaves its mails in files that nobody else reads', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'commonplace-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'outbox')
  const { deliver, close } = fileTransport(folder, FROM)
  await deliver(MAIL)
  await deliver({ ...MAIL, subject: 'Again' })
  close()
  const files = readdirSync(folder).toSorted()
  t.equal(files.length, 2)
  for (const file of files) {
    t.match(file, /^\d{4}-\d\d-\d\dT.+-\d+\.eml$/)
    t.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
  }
  const [first = ''] = files
  t.match(await PostalMime.parse(readFileSync(join(folder, first))), {
    from: { name: 'Commonplace', address: 'noreply@example.com' },
    to: [{ address: MAIL.to }],
    subject: MAIL.subject,
    text: MAIL.text,
  })
})

await test('a mail goes to the server, with both of its texts', async (t) => {
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  await deliver(MAIL)
  t.match(server.mails, [{ subject: MAIL.subject, text: MAIL.text, html: /<p>Grüße<\/p>/ }])
  server.refuse(new Error('the queue is full'))
  await t.rejects(deliver(MAIL))
  server.refuse(undefined)
  await deliver(MAIL)
  t.equal(server.mails.length, 2)
})

await test('an address is one recipient, whatever is in it', async (t) => {
  const server = await mailServer(t)
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  await deliver({ ...MAIL, to: 'alice,bob@example.com' })
  t.match(server.recipients, [['"alice,bob"@example.com']])
})

await test('a server that is not there is an error, soon', async (t) => {
  const { deliver, close } = smtpTransport('smtp://127.0.0.1:1', FROM)
  t.teardown(close)
  await t.rejects(deliver(MAIL), { code: /ECONNECTION|ECONNREFUSED|ESOCKET/ })
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
