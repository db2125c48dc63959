import * as fc from 'fast-check'
import { test } from 'tap'
import { foldEmail, isSameMailbox, mailboxOf } from '../../../src/domain/accounts/address.ts'

await test('S84 the domain is that of UTS 46, the rest is as it was typed', async (t) => {
  for (const [address, mailbox] of [
    ['Bob@Example.COM', 'Bob@example.com'],
    ['bob@MÜNCHEN.example', 'bob@xn--mnchen-3ya.example'],
    ['bob@xn--mnchen-3ya.example', 'bob@xn--mnchen-3ya.example'],
    ['bob@XN--MNCHEN-3YA.example', 'bob@xn--mnchen-3ya.example'],
    ['bob@mu\u0308nchen.example', 'bob@xn--mnchen-3ya.example'],
    ['bob@faß.example', 'bob@xn--fa-hia.example'],
    ['bob@fass.example', 'bob@fass.example'],
    ['bob@例え。テスト', 'bob@xn--r8jz45g.xn--zckzah'],
    ['bob@क्\u200Dष.example', 'bob@xn--11b2ezcw70k.example'],
    ['e\u0301mile+posts@localhost', '\u00E9mile+posts@localhost'],
    ["!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['sta--rs@r3---a.example', 'sta--rs@r3---a.example'],
  ] as const)
    t.equal(mailboxOf(address), mailbox, address)
})

await test('S84 what is not the address of one mailbox is none', async (t) => {
  const locals = [
    '',
    '.a',
    'a.',
    'a..b',
    '"a"',
    'a(b)',
    ...String.raw` ()<>[]:;,\"`.split('').map((special) => `a${special}b`),
    // They are one of those where they are normalised.
    'a\u037Eb',
    'a\uFF0Cb',
    'a\u200Bb',
    'a\u3164b',
    'a\u0085b',
    'é'.repeat(33),
  ]
  for (const local of locals)
    t.equal(mailboxOf(`${local}@example.com`), undefined, JSON.stringify(local))
  const hosts = [
    '',
    '.',
    'example.com.',
    '.example.com',
    'a..b',
    '-a.example',
    'a-.example',
    'a_b.example',
    'a%62.example',
    'a:25',
    'a/b',
    'a b',
    'a\tb',
    'a\u00ADb.example',
    '[192.0.2.1]',
    '192.0.2.1',
    '１９２.1',
    '0x7f',
    'example.7',
    'xn--a.example',
    'xn--.example',
    'a\u200Db.example',
    'a\uFF05.example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(126)}example`,
  ]
  for (const host of hosts)
    t.equal(mailboxOf(`bob@${host}`), undefined, JSON.stringify(host.slice(0, 20)))
  for (const text of ['bob', 'bob@', '@', 'a@b@c', `a@${'b'.repeat(600)}`])
    t.equal(mailboxOf(text), undefined, text.slice(0, 20))
})

await test('S84 addresses of one mailbox fold to one text, whatever the case', async (t) => {
  t.equal(foldEmail('Bob@Example.COM'), 'bob@example.com')
  t.equal(foldEmail('É@x'.normalize('NFD')), 'é@x')
  t.not(foldEmail('ｂob@x'), 'bob@x')
  t.equal(foldEmail('A b@x'), 'a b@x', 'what is none is found as it was before')
  const endless = 'A'.repeat(600)
  t.equal(foldEmail(endless), endless, 'what is too long is not looked at')
  fc.assert(
    fc.property(fc.emailAddress(), (email) => {
      const mailbox = mailboxOf(email)
      return mailbox !== undefined && isSameMailbox(mailbox, email)
    }),
  )
  t.ok(isSameMailbox('Bob@münchen.example', 'bob@xn--mnchen-3ya.example'))
  t.notOk(isSameMailbox('bob@example.com', undefined))
  t.ok(isSameMailbox('a b@x', 'a b@x'))
})
