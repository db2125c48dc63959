import { domainToASCII } from 'node:url'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { Config } from './schema.ts'
import { parseSender } from './sender.ts'

/** An environment variable and how its text becomes a value. Text that cannot be read becomes a value that the schema refuses. */
interface Variable {
  name: string
  read: (text: string) => unknown
}

/** The environment variable of every member of the configuration. */
export const variables: { [K in Exclude<keyof Config, 'maxEventLoopDelay'>]-?: Variable } = {
  env: { name: 'NODE_ENV', read: text },
  host: { name: 'HOST', read: text },
  port: { name: 'PORT', read: integer },
  databaseUrl: { name: 'DATABASE_URL', read: text },
  secretKeys: { name: 'SECRET_KEY', read: list },
  publicUrl: { name: 'PUBLIC_URL', read: url },
  corsOrigins: { name: 'CORS_ORIGINS', read: list },
  trustProxy: { name: 'TRUST_PROXY', read: list },
  trustProxyHeader: { name: 'TRUST_PROXY_HEADER', read: text },
  logLevel: { name: 'LOG_LEVEL', read: text },
  accessTokenExpires: { name: 'JWT_ACCESS_TOKEN_EXPIRES', read: integer },
  refreshTokenExpires: { name: 'JWT_REFRESH_TOKEN_EXPIRES', read: integer },
  sessionIdle: { name: 'SESSION_IDLE', read: integer },
  bcryptCost: { name: 'BCRYPT_COST', read: integer },
  passwordMinLength: { name: 'PASSWORD_MIN_LENGTH', read: integer },
  hstsIncludeSubdomains: { name: 'HSTS_INCLUDE_SUBDOMAINS', read: onOrOff },
  registration: { name: 'REGISTRATION', read: text },
  registrationDomains: { name: 'REGISTRATION_DOMAINS', read: domains },
  rateLimits: { name: 'RATE_LIMITS', read: multiplier },
  redisUrl: { name: 'REDIS_URL', read: text },
  smtpUrl: { name: 'SMTP_URL', read: text },
  mailFrom: { name: 'MAIL_FROM', read: sender },
  oidcProviders: { name: 'OIDC_PROVIDERS', read: objects },
  oidcRedirects: { name: 'OIDC_REDIRECTS', read: list },
  auditRetentionDays: { name: 'AUDIT_RETENTION_DAYS', read: integer },
  eventsRetentionHours: { name: 'EVENTS_RETENTION_HOURS', read: integer },
  v1DeprecatedAt: { name: 'V1_DEPRECATED_AT', read: date },
  v1SunsetAt: { name: 'V1_SUNSET_AT', read: date },
}

/** A misspelt variable with one of these prefixes would silently leave a default in force. */
export const KNOWN_PREFIXES = [
  'JWT_',
  'V1_',
  'SMTP_',
  'OIDC_',
  'PASSWORD_',
  'RATE_',
  'HSTS_',
  'REGISTRATION',
]

function text(value: string) {
  return value
}

function sender(value: string): unknown {
  return parseSender(value) ?? value
}

function integer(value: string) {
  return /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
}

function list(value: string) {
  return value.split(',').map((item) => item.trim())
}

/** Domains in ASCII: `münchen.example` and its `xn--` form are one. What comes behind a slash would be dropped without a word. */
function domains(value: string) {
  return list(value).map((domain) => (/[/?#\\]/.test(domain) ? domain : domainToASCII(domain)))
}

/** JSON with the names of its members as we spell them inside. */
function objects(value: string): unknown {
  try {
    return JSON.parse(value, (_key, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).map(([name, one]) => [camelCase(name), one]))
        : member,
    )
  } catch {
    return value
  }
}

const camelCase = (name: string) =>
  name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

// It is the `iss` of every token, which is compared as text: one spelling only.
function url(value: string) {
  return URL.parse(value)?.href.replace(/\/$/, '') ?? value
}

function multiplier(value: string) {
  if (value === 'on') return 1
  if (value === 'off') return 0
  return /^\d{1,5}(\.\d{1,4})?$/.test(value) && Number(value) > 0 ? Number(value) : Number.NaN
}

function onOrOff(value: string): unknown {
  return value === 'on' || (value === 'off' ? false : value)
}

function date(value: string) {
  const ajv = addFormats.default(new Ajv(), ['date', 'date-time'])
  const formats = ['date', 'date-time'].map((format) => ({ type: 'string', format }))
  const isMoment = ajv.compile({ anyOf: formats })
  return new Date(isMoment(value) ? value : Number.NaN)
}
