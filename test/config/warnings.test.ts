import { test } from 'tap'
import { type Env, loadConfig } from '../../src/config/index.ts'
import { warningsOf } from '../../src/config/warnings.ts'

const good: Env = {
  NODE_ENV: 'production',
  SECRET_KEY: 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a',
  PUBLIC_URL: 'https://api.example.com',
  SMTP_URL: 'smtps://mail.example.com',
  MAIL_FROM: 'Commonplace <noreply@example.com>',
}
const of = (env: Env) => warningsOf(loadConfig({ ...good, ...env }))

await test('S92 a production that is as it should be is told nothing', async (t) => {
  t.same(of({}), [])
  t.same(
    of({
      CORS_ORIGINS: 'https://app.example.com,http://localhost:5173',
      TRUST_PROXY: 'loopback,10.0.0.0/8,2001:db8::/32,::ffff:10.0.0.0/104,192.0.2.7',
    }),
    [],
  )
  t.same(of({ PUBLIC_URL: 'http://localhost:3000' }), [], 'a trial on the machine itself')
})

await test('S92 what production accepts and should not be is named, by variable', async (t) => {
  const cases: [Env, string, RegExp][] = [
    [{ PUBLIC_URL: 'http://api.example.com' }, 'PUBLIC_URL', /http: .*passwords/],
    [{ RATE_LIMITS: 'off' }, 'RATE_LIMITS', /off/],
    [{ CORS_ORIGINS: 'https://*.example.com' }, 'CORS_ORIGINS', /matches no page/],
    [{ CORS_ORIGINS: 'http://app.example.com' }, 'CORS_ORIGINS', /change that page/],
    [{ TRUST_PROXY: '128.0.0.0/1' }, 'TRUST_PROXY', /most of the internet/],
    [{ TRUST_PROXY: '::ffff:0:0/96' }, 'TRUST_PROXY', /most of the internet/],
    [{ TRUST_PROXY: '2000::/3' }, 'TRUST_PROXY', /most of the internet/],
    [{ TRUST_PROXY_HEADER: 'forwarded' }, 'TRUST_PROXY_HEADER', /names no proxy/],
    [{ SMTP_URL: undefined }, 'SMTP_URL', /missing/],
  ]
  for (const [env, variable, text] of cases)
    t.match(of(env), [{ variable, text }], JSON.stringify(env))
  for (const [env] of cases) t.equal(of(env).length, 1, 'and nothing else')
  t.match(of({ SMTP_URL: undefined, REGISTRATION_DOMAINS: 'example.com' }), [
    { variable: 'SMTP_URL' },
    { variable: 'REGISTRATION_DOMAINS', text: /lets nobody in without SMTP_URL/ },
  ])
  t.same(of({ TRUST_PROXY_HEADER: 'forwarded', TRUST_PROXY: '10.0.0.0/8' }), [])
  t.same(of({ REGISTRATION_DOMAINS: 'example.com' }), [])
  t.equal(of({ RATE_LIMITS: 'off', TRUST_PROXY: '128.0.0.0/1,0.0.0.0/1' }).length, 3, 'all at once')
})

await test('S92 development and test are told nothing', async (t) => {
  for (const NODE_ENV of ['development', 'test'])
    t.same(of({ NODE_ENV, PUBLIC_URL: 'http://api.example.com', RATE_LIMITS: 'off' }), [])
})
