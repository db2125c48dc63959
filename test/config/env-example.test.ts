import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { variables } from '../../src/config/variables.ts'

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
const uncommented = parseEnv(example.replaceAll(/^# (?=[A-Z][A-Z0-9_]*=)/gm, ''))

await test('.env.example lists every variable, each below its comment', async (t) => {
  const names = Object.values(variables).map(({ name }) => name)
  t.strictSame(Object.keys(uncommented).toSorted(), names.toSorted())
  for (const name of names) t.match(example, new RegExp(`\\n\\n# .+\\n# ${name}=`))
})

await test('.env.example is valid as it is, and with every line uncommented', async (t) => {
  t.strictSame(parseEnv(example), {})
  t.ok(loadConfig(uncommented))
})

await test('.env.example shows the defaults where there are some', async (t) => {
  const { secretKeys, corsOrigins, trustProxy, ...others } = loadConfig(uncommented)
  const { redisUrl, smtpUrl, v1DeprecatedAt, v1SunsetAt, ...more } = others
  const { oidcProviders, oidcRedirects, registrationDomains, ...shown } = more
  t.match(loadConfig({ SECRET_KEY: uncommented['SECRET_KEY'] }), shown)
  t.ok(secretKeys.length && corsOrigins.length && trustProxy.length)
  t.ok(redisUrl && smtpUrl && v1DeprecatedAt && v1SunsetAt)
  t.ok(oidcProviders.length && oidcRedirects.length && registrationDomains.length)
})

await test('S25 the secret of .env.example is refused in production', async (t) => {
  const env = { NODE_ENV: 'production', PUBLIC_URL: 'https://api.example.com' }
  t.throws(() => loadConfig({ ...env, SECRET_KEY: uncommented['SECRET_KEY'] }), {
    name: 'ConfigError',
    message: /SECRET_KEY must be random/,
  })
})
