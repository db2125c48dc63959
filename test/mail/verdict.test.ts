import { test } from 'tap'
import type { SMTPServerOptions } from 'smtp-server'
import { smtpTransport } from '../../src/mail/transport.ts'
import { mailServer, refusal } from '../mail-server.ts'

const FROM = { name: 'Commonplace', address: 'noreply@example.com' }
const MAIL = {
  id: '1',
  userId: 7,
  address: '',
  to: 'alice@example.com',
  subject: 'a',
  text: 'a',
  html: 'a',
}
const { signal } = new AbortController()

const sender = (code: number, words: string): SMTPServerOptions => ({
  onMailFrom: (_address, _session, done) => done(refusal(words, code)),
})
const recipient = (code: number, words: string): SMTPServerOptions => ({
  onRcptTo: (_address, _session, done) => done(refusal(words, code)),
})
const content = (code: number, words: string): SMTPServerOptions => ({
  onData(stream, _session, done) {
    stream.resume().on('end', () => done(refusal(words, code)))
  },
})

for (const [who, options, verdict] of [
  ['an unknown recipient', recipient(550, '5.1.1 no such mailbox'), 'Undeliverable'],
  ['one that is refused without a status', recipient(501, 'syntax error'), 'Undeliverable'],
  ['a mail that is refused', content(552, '5.2.2 mailbox full'), 'Undeliverable'],
  ['a recipient that is not known now', recipient(451, '4.7.1 greylisted'), 'later'],
  ['a mail that is not taken now', content(452, '4.3.1 no room'), 'later'],
  ['a sender that may not', sender(550, '5.7.1 not from here'), 'ours'],
  ['a bad sender, told at the recipient', recipient(550, '5.1.8 unknown domain'), 'ours'],
  ['a login that is asked for', recipient(530, '5.7.0 log in first'), 'ours'],
  ['a session in disorder', recipient(503, 'MAIL first'), 'ours'],
] as const)
  await test(`S93 what a refusal is about: ${who}`, async (t) => {
    const server = await mailServer(t, options)
    const { deliver, close } = smtpTransport(server.url, FROM)
    t.teardown(close)
    const error =
      verdict === 'Undeliverable'
        ? { name: 'Undeliverable' }
        : { name: 'NotTaken', isOurs: verdict === 'ours' }
    await t.rejects(deliver(MAIL, signal), error)
  })

await test('S93 what a refusal is about: a login that is wrong', async (t) => {
  const server = await mailServer(t, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(refusal('5.7.8 wrong password', 535)),
  })
  const url = server.url.replace('//', '//user:wrong@')
  const { deliver, close } = smtpTransport(url, FROM)
  t.teardown(close)
  await t.rejects(deliver(MAIL, signal), { name: 'NotTaken', code: 'EAUTH', isOurs: true })
})

await test('S93 what a mail server says is one line, and to the log without the address', async (t) => {
  const words = `5.1.1 <ALICE@example.com>: \u0007no\u202e such ${'m'.repeat(900)}`
  const server = await mailServer(t, recipient(550, words))
  const { deliver, close } = smtpTransport(server.url, FROM)
  t.teardown(close)
  const error = (await deliver(MAIL, signal).catch((thrown: unknown) => thrown)) as Error & {
    reply: string
  }
  t.match(error.reply, /^550 5\.1\.1 <ALICE@example\.com>: no such m{100}/)
  t.equal(error.reply.length, 500)
  t.notMatch(error.message, /alice/i)
  t.match(error.message, /^550 5\.1\.1 <…>: no such m/)
})

await test('S93 letters beyond ASCII go to a server that takes them, and to no other', async (t) => {
  const to = 'ünï@bücher.example'
  const knows = await mailServer(t)
  const first = smtpTransport(knows.url, FROM)
  t.teardown(first.close)
  await first.deliver({ ...MAIL, to }, signal)
  t.match(knows.recipients, [[to]])

  const lacks = await mailServer(t, { hideSMTPUTF8: true })
  const second = smtpTransport(lacks.url, FROM)
  t.teardown(second.close)
  await t.rejects(second.deliver({ ...MAIL, to }, signal), {
    name: 'Undeliverable',
    reply: /does not offer SMTPUTF8/,
  })
  t.same(lacks.recipients, [])
  await second.deliver({ ...MAIL, to: 'info@bücher.example' }, signal)
  t.match(lacks.recipients, [[/^info@/]], 'a domain needs none of it')

  const nobody = smtpTransport('smtp://127.0.0.1:1', FROM)
  t.teardown(nobody.close)
  await t.rejects(nobody.deliver({ ...MAIL, to }, signal), { name: 'NotTaken' })
})
