import { test } from 'tap'
import { ConfigError, loadConfig, type Env } from '../../src/config/index.ts'

const secret = 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a'
const good = { NODE_ENV: 'production', SECRET_KEY: secret, PUBLIC_URL: 'https://api.example.com' }

function faultsOf(env: Env) {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

const variablesAtFault = (env: Env) => faultsOf(env).map(({ variable }) => variable)
const at = (env: Env) => variablesAtFault({ NODE_ENV: 'test', ...env })

await test('the defaults of each environment', async (t) => {
  t.match(loadConfig({ SECRET_KEY: secret }), {
    env: 'development',
    host: '127.0.0.1',
    port: 3000,
    databaseUrl: 'sqlite:./data/commonplace.db',
    secretKeys: [secret],
    publicUrl: 'http://localhost:3000',
    accessTokenExpires: 900,
    refreshTokenExpires: 2_592_000,
    sessionIdle: 604_800,
    bcryptCost: 10,
    rateLimits: 1,
    maxEventLoopDelay: 500,
  })
  t.match(loadConfig({ NODE_ENV: 'test' }), {
    env: 'test',
    databaseUrl: 'sqlite::memory:',
    bcryptCost: 4,
    rateLimits: 0,
    logLevel: 'silent',
    maxEventLoopDelay: 0,
  })
  t.match(loadConfig(good), { env: 'production', publicUrl: 'https://api.example.com' })
})

await test('variables override the defaults', async (t) => {
  const config = loadConfig({
    ...good,
    PORT: '0',
    DATABASE_URL: 'postgres://commonplace@localhost/commonplace',
    SECRET_KEY: `${secret}, ${secret}2`,
    PUBLIC_URL: 'https://example.com/commonplace/',
    CORS_ORIGINS: 'https://a.example.com, https://b.example.com:8443',
    TRUST_PROXY: 'loopback,10.0.0.0/8,2001:db8::1',
    TRUST_PROXY_HEADER: 'forwarded',
    RATE_LIMITS: '2.5',
    REDIS_URL: 'rediss://:p%40ss@redis.example.com:6380/1',
    V1_DEPRECATED_AT: '2027-01-31',
    V1_SUNSET_AT: '2027-06-30T12:00:00+02:00',
    HOST: '',
  })
  t.match(config, {
    port: 0,
    databaseUrl: 'postgres://commonplace@localhost/commonplace',
    secretKeys: [secret, `${secret}2`],
    publicUrl: 'https://example.com/commonplace',
    corsOrigins: ['https://a.example.com', 'https://b.example.com:8443'],
    trustProxy: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    trustProxyHeader: 'forwarded',
    rateLimits: 2.5,
    redisUrl: 'rediss://:p%40ss@redis.example.com:6380/1',
    v1DeprecatedAt: new Date('2027-01-31T00:00:00Z'),
    v1SunsetAt: new Date('2027-06-30T10:00:00Z'),
    host: '127.0.0.1',
  })
  const domains = { REGISTRATION: 'invite', REGISTRATION_DOMAINS: 'Example.com, münchen.example' }
  t.match(loadConfig({ ...good, ...domains }), {
    registration: 'invite',
    registrationDomains: ['example.com', 'xn--mnchen-3ya.example'],
  })
  for (const url of [
    'redis://localhost',
    'redis://[::1]:6379/',
    'rediss://user:pass@10.0.0.1/15',
  ]) {
    t.equal(loadConfig({ ...good, REDIS_URL: url }).redisUrl, url)
  }
  t.equal(loadConfig(good).redisUrl, undefined)
  t.equal(loadConfig({ ...good, RATE_LIMITS: 'off' }).rateLimits, 0)
  t.equal(loadConfig({ ...good, RATE_LIMITS: 'on' }).rateLimits, 1)
})

await test('the configuration is frozen, its lists too', async (t) => {
  const config = loadConfig({ NODE_ENV: 'test' })
  t.ok(Object.isFrozen(config) && Object.isFrozen(config.secretKeys))
  t.ok(Object.isFrozen(config.corsOrigins))
})

await test('S73 every unacceptable value is a fault of its variable', async (t) => {
  const refused: Record<string, string[]> = {
    NODE_ENV: ['staging', 'constructor', 'Production'],
    HOST: ['two words'],
    PORT: ['65536', '-1', '3000.5', '0x10', '1e3', ' 80'],
    DATABASE_URL: ['mysql://x/y', './file.db', 'sqlite:', 'sqlite: ', 'postgres:x', 'postgres://'],
    SECRET_KEY: ['short', 'a'.repeat(31), `${secret},`, `${secret},${secret}`],
    PUBLIC_URL: ['example.com', 'ftp://example.com', 'https://u:p@example.com', 'https://x/?q=1'],
    CORS_ORIGINS: ['example.com', 'https://example.com/', 'https://a.example.com,,', 'null'],
    TRUST_PROXY: [
      'true',
      '1',
      '10.0.0.0/33',
      '10.0.0.0/0',
      '10.0.0.0/x',
      'proxy',
      '::1/129',
      '::/1/2',
    ],
    TRUST_PROXY_HEADER: ['x-real-ip', 'Forwarded', 'both'],
    LOG_LEVEL: ['verbose'],
    JWT_ACCESS_TOKEN_EXPIRES: ['0', '15m', '86401'],
    JWT_REFRESH_TOKEN_EXPIRES: ['0', '30d'],
    SESSION_IDLE: ['0', '7d'],
    BCRYPT_COST: ['3', '16'],
    PASSWORD_MIN_LENGTH: ['7', '65'],
    REGISTRATION: ['closed ', 'no', 'Open'],
    REGISTRATION_DOMAINS: [
      'a b',
      'a@example.com',
      'example.com/x',
      'a,,b',
      'example..com',
      '*.a.b',
    ],
    RATE_LIMITS: ['0', '-1', 'yes', '10001', '1e9', 'NaN'],
    REDIS_URL: [
      'localhost:6379',
      'REDISS://localhost',
      'redis://',
      'redis:///1',
      'redis://localhost:port',
      'redis://localhost/name',
      'redis://localhost?commandTimeout=60000',
      'redis://:50%@localhost',
      'redis://:a#b@localhost',
      'http://localhost:6379',
    ],
    AUDIT_RETENTION_DAYS: ['0', 'forever'],
    EVENTS_RETENTION_HOURS: ['0', '8761', 'forever'],
    V1_DEPRECATED_AT: ['2027-02-30', 'soon', '2027-01-31T12:00:00', '01/02/2027'],
    V1_SUNSET_AT: ['1798758000'],
  }
  for (const [variable, values] of Object.entries(refused)) {
    for (const value of values) {
      const env = { NODE_ENV: 'test', [variable]: value }
      t.strictSame(variablesAtFault(env), [variable], `${variable}=${value}`)
    }
  }
})

await test('S73 every fault at once, and never a value', async (t) => {
  const canaries = {
    NODE_ENV: 'production',
    SECRET_KEY: 'canary-1',
    DATABASE_URL: 'mysql://canary-2',
    PUBLIC_URL: 'canary-3',
    PORT: 'canary-4',
    CORS_ORIGINS: 'canary-5',
    TRUST_PROXY: 'canary-6',
    LOG_LEVEL: 'canary-7',
    JWT_ACCESS_TOKEN_EXPIRES: 'canary-8',
    JWT_REFRESH_TOKEN_EXPIRES: 'canary-9',
    SESSION_IDLE: 'canary-10',
    RATE_LIMITS: 'canary-11',
    V1_SUNSET_AT: 'canary-12',
    SMTP_URL: 'canary-13',
    REDIS_URL: 'canary-14',
  }
  const { NODE_ENV, ...wrong } = canaries
  t.strictSame(variablesAtFault(canaries).toSorted(), Object.keys(wrong).toSorted())
  t.throws(() => loadConfig(canaries), { name: 'ConfigError', message: /SECRET_KEY must be/ })
  for (const { rule } of faultsOf(canaries)) t.notMatch(rule, /canary/)
  t.equal(NODE_ENV, 'production')
})

await test('S73 an unknown variable with a known prefix is a fault, any other is not ours', async (t) => {
  const unknown = [
    'JWT_EXPIRES',
    'V1_SUNSET',
    'SMTP_URL',
    'OIDC_PROVIDERS',
    'PASSWORD_MIN',
    'RATE_LIMIT',
  ]
  for (const variable of unknown) {
    t.strictSame(variablesAtFault({ NODE_ENV: 'test', [variable]: '1' }), [variable])
  }
  t.strictSame(variablesAtFault({ NODE_ENV: 'test', PATH: '/bin', npm_config_x: '1' }), [])
})

await test('lifetimes and dates must fit each other', async (t) => {
  t.strictSame(at({ JWT_REFRESH_TOKEN_EXPIRES: '900' }), ['JWT_REFRESH_TOKEN_EXPIRES'])
  t.strictSame(at({ JWT_REFRESH_TOKEN_EXPIRES: '901' }), [])
  t.strictSame(at({ SESSION_IDLE: '899' }), ['SESSION_IDLE'])
  t.strictSame(at({ SESSION_IDLE: '900' }), [])
  t.strictSame(at({ JWT_ACCESS_TOKEN_EXPIRES: '1', JWT_REFRESH_TOKEN_EXPIRES: '2' }), [])
  const dates = { V1_DEPRECATED_AT: '2027-06-01', V1_SUNSET_AT: '2027-05-31' }
  t.strictSame(at(dates), ['V1_SUNSET_AT'])
  t.strictSame(at({ ...dates, V1_SUNSET_AT: '2027-06-01' }), [])
  t.strictSame(at({ V1_SUNSET_AT: '2027-05-31' }), [])
})
