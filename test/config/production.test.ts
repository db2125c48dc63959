import { randomBytes, randomUUID } from 'node:crypto'
import { test, type Test } from 'tap'
import { ConfigError, loadConfig, type Env } from '../../src/config/index.ts'
import { entropyOf } from '../../src/config/entropy.ts'
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

await test('S25 S92 production refuses a secret that a guesser would try, and names what makes one', async (t) => {
  for (const secret of [
    'this-is-my-secret-key-for-production',
    'correct horse battery staple correct',
    'passwordpasswordpassword1passwor',
    'abcdefghijklmnopqrstuvwxyz012345',
    'qwertyuiopasdfghjklzxcvbnm123456',
    'changeme-changeme-changeme-change',
    '1q2w3e4r5t6y7u8i9o0p1q2w3e4r5t6y',
    'qazwsxedcrfvtgbyhnujmikolp1234567890',
    '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
    'super-secret-jwt-token-with-at-least-32-characters-long',
    'Sphinx of black quartz judge my vow!',
    'My dog Rex was born in 2014 in Paris!',
    'jackdaws-love-my-big-sphinx-of-quartz-9',
    'Quick wafting zephyrs vex bold Jim. Quick wafting zephyrs vex Jim',
  ])
    refuses(t, 'SECRET_KEY', secret, /openssl rand -base64 48/)
})

await test('S25 S92 whatever a generator makes of 16 bytes or more is taken', async (t) => {
  const encodings = ['base64', 'base64url', 'hex'] as const
  for (let times = 0; times < 200; times++)
    for (const encoding of encodings) {
      const secret = randomBytes(48).toString(encoding)
      if (entropyOf(secret) < 150) t.fail(secret)
    }
  for (let times = 0; times < 200; times++) {
    const pair = `${randomUUID()}-${randomUUID()}`
    if (entropyOf(pair) < 100) t.fail(pair)
    const digits = Array.from(randomBytes(32), (byte) => (byte % 36).toString(36)).join('')
    if (entropyOf(digits) < 100) t.fail(digits)
    const letters = Array.from(randomBytes(48), (byte) => 'abcdefghijklmnopqrstuvwxyz'[byte % 26])
    if (entropyOf(letters.join('')) < 100) t.fail(letters.join(''))
  }
  t.ok(entropyOf('f3b1c09a7e52d4886b0e9d13c57af264') > 80, 'as hexadecimal digits')
  t.equal(entropyOf(''), 0)
  t.ok(loadConfig({ ...good, SECRET_KEY: randomBytes(48).toString('base64') }))
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
