import { test, type Test } from 'tap'
import { ConfigError, loadConfig, type Env } from '../../src/config/index.ts'
import { test as testDefaults } from '../../src/config/test.ts'

const good: Env = {
  NODE_ENV: 'production',
  SECRET_KEY: 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a',
  PUBLIC_URL: 'https://api.example.com',
}

function refuses(t: Test, variable: string, value: string | undefined, rule: RegExp) {
  try {
    loadConfig({ ...good, [variable]: value })
    t.fail(`${variable} was accepted`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    t.match(error.faults, [{ variable, rule }])
    t.equal(error.faults.length, 1)
    if (value) t.notOk(error.message.includes(value), 'the value is not shown')
  }
}

await test('S25 production starts with what it needs', async (t) => {
  t.match(loadConfig(good), { env: 'production', logLevel: 'info', bcryptCost: 10 })
})

await test('S25 production refuses a missing, short, published or monotonous secret', async (t) => {
  refuses(t, 'SECRET_KEY', undefined, /is missing/)
  refuses(t, 'SECRET_KEY', '', /is missing/)
  refuses(t, 'SECRET_KEY', 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0', /at least 32 bytes/)
  refuses(t, 'SECRET_KEY', testDefaults.secretKeys[0], /random/)
  refuses(t, 'SECRET_KEY', 'replace-me-with-the-output-of-openssl-rand-base64-48', /random/)
  refuses(t, 'SECRET_KEY', 'a'.repeat(32), /random/)
  refuses(t, 'SECRET_KEY', 'abcdefgh'.repeat(4), /random/)
  refuses(t, 'SECRET_KEY', 'aaaaaaaabaaaaaaaaaaaabaaaaaaaacaaaaaa', /random/)
  refuses(t, 'SECRET_KEY', `${good['SECRET_KEY']},${'ab'.repeat(16)}`, /random/)
})

await test('S25 the weak secrets are refused in production only', async (t) => {
  t.ok(loadConfig({ SECRET_KEY: 'a'.repeat(32) }))
})

await test('production refuses a database in memory', async (t) => {
  refuses(t, 'DATABASE_URL', 'sqlite::memory:', /in memory/)
  refuses(t, 'DATABASE_URL', 'sqlite:file:x?mode=memory', /in memory/)
})

await test('production refuses any origin, and needs its own URL', async (t) => {
  refuses(t, 'CORS_ORIGINS', '*', /name its origins/)
  refuses(t, 'CORS_ORIGINS', 'https://app.example.com,*', /name its origins/)
  refuses(t, 'PUBLIC_URL', undefined, /is missing/)
  t.strictSame(loadConfig({ NODE_ENV: 'test', CORS_ORIGINS: '*' }).corsOrigins, ['*'])
})

await test('S26 production keeps access tokens between a minute and an hour', async (t) => {
  refuses(t, 'JWT_ACCESS_TOKEN_EXPIRES', '59', /60 to 3600/)
  refuses(t, 'JWT_ACCESS_TOKEN_EXPIRES', '3601', /60 to 3600/)
  t.equal(loadConfig(good).accessTokenExpires, 900)
  t.equal(loadConfig({ ...good, JWT_ACCESS_TOKEN_EXPIRES: '3600' }).accessTokenExpires, 3600)
})

await test('S8 production refuses a cheap password hash', async (t) => {
  refuses(t, 'BCRYPT_COST', '9', /at least 10/)
  t.equal(loadConfig({ ...good, BCRYPT_COST: '12' }).bcryptCost, 12)
})
