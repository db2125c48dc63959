import { test } from 'tap'
import { ConfigError, loadConfig } from '../../src/config/index.ts'

const senderOf = (MAIL_FROM: string) => loadConfig({ NODE_ENV: 'test', MAIL_FROM }).mailFrom

for (const [text, name, address] of [
  ['noreply@example.com', '', 'noreply@example.com'],
  ['<noreply@example.com>', '', 'noreply@example.com'],
  ['Commonplace <noreply@example.com>', 'Commonplace', 'noreply@example.com'],
  ['"Doe, \\"J\\" Jane" <j@example.com>', 'Doe, "J" Jane', 'j@example.com'],
  ['Müller: Team; <noreply@example.com>', 'Müller: Team;', 'noreply@example.com'],
  ['Team (Support) <noreply@example.com>', 'Team (Support)', 'noreply@example.com'],
  ['Doe, Jane <j@example.com>', 'Doe, Jane', 'j@example.com'],
  ['図書館 <noreply@bücher.example>', '図書館', 'noreply@xn--bcher-kva.example'],
] as const)
  await test(`S93 MAIL_FROM is read as what it will be: ${text}`, (t) => {
    t.strictSame(senderOf(text), { name, address })
    t.end()
  })

await test('S93 MAIL_FROM that is no sender is refused', (t) => {
  for (const text of [
    'a,b@example.com',
    'a;b@example.com',
    '(team)noreply@example.com',
    'Team:noreply@example.com',
    'ünï@example.com',
    'noreply@',
    '@example.com',
    'noreply@-example.com',
    'noreply@exa mple.com',
    'no reply@example.com',
    'no..reply@example.com',
    `${'n'.repeat(65)}@example.com`,
    'a@example.com, b@example.com',
    'A <a@example.com> B <b@example.com>',
    'Team\r\nBcc: x@example.com <noreply@example.com>',
    'Commonplace',
  ])
    t.throws(
      () => senderOf(text),
      new ConfigError([
        {
          variable: 'MAIL_FROM',
          rule: 'must be a name and an address such as Commonplace <noreply@example.com>, or an address, of ASCII letters before the @',
        },
      ]),
      text,
    )
  t.end()
})

await test('S93 in production MAIL_FROM names a sender, with or without a name', (t) => {
  const env = {
    NODE_ENV: 'production',
    SECRET_KEY: 'kPz3Vq8Lw1Xn6Rb0Tf5Hc9Ys2Md7Jg4EaUo-Qi_',
    PUBLIC_URL: 'https://commonplace.example.com',
    SMTP_URL: 'smtp://localhost',
  }
  for (const MAIL_FROM of ['', 'noreply@localhost', 'Commonplace <noreply@localhost>'])
    t.throws(() => loadConfig({ ...env, MAIL_FROM }), /MAIL_FROM must name a sender/)
  t.match(loadConfig({ ...env, MAIL_FROM: 'noreply@example.com' }), { env: 'production' })
  t.end()
})
