import { isIP } from 'node:net'
import { type Static, Type, type TSchema } from '../base/schema.ts'
import { ProviderList, RedirectList } from './providers.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const DAY = 86_400

/** A keyword for what JSON Schema cannot say: a predicate of the value. */
export const HOLDS = {
  keyword: 'holds',
  validate: (holds: (value: unknown) => boolean, value: unknown) => holds(value),
}
const that = <S extends TSchema>(schema: S, holds: (value: never) => boolean): S => ({
  ...schema,
  holds,
})
const YEAR = 365 * DAY

/** Every description completes the sentence "<VARIABLE> must be …": it is what a start that is refused says. */
export const Config = Type.Object(
  {
    env: Type.Enum(['development', 'test', 'production'], {
      description: 'development, test or production',
    }),
    host: Type.String({ pattern: '^\\S+$', description: 'a host name or an IP address' }),
    port: whole(0, 65_535),
    databaseUrl: that(
      Type.String({ description: 'sqlite:<file> or postgres://<host>/<database>' }),
      isDatabaseUrl,
    ),
    secretKeys: Type.Array(
      that(Type.String(), (key: string) => Buffer.byteLength(key) >= 32),
      {
        minItems: 1,
        uniqueItems: true,
        description: 'one or more different values of at least 32 bytes each, comma-separated',
      },
    ),
    publicUrl: that(
      Type.String({ description: 'an http or https URL without credentials, query or fragment' }),
      isPublicUrl,
    ),
    corsOrigins: Type.Array(that(Type.String(), isOrigin), {
      description: 'a comma-separated list of origins such as https://app.example.com',
    }),
    trustProxy: Type.Array(that(Type.String(), isProxy), {
      description:
        'a comma-separated list of IP addresses, CIDR ranges (none of /0: anybody could then say who they are), loopback, linklocal or uniquelocal',
    }),
    /** The other one is ignored: whoever wrote it, these proxies did not. */
    trustProxyHeader: Type.Enum(['x-forwarded-for', 'forwarded'], {
      description: 'x-forwarded-for or forwarded',
    }),
    /** Whether browsers shall refuse http on every subdomain of PUBLIC_URL's host as well (RFC 6797, section 6.1.2). */
    hstsIncludeSubdomains: Type.Boolean({ description: 'on or off' }),
    logLevel: Type.Enum([...LOG_LEVELS], { description: `one of ${LOG_LEVELS.join(', ')}` }),
    accessTokenExpires: whole(1, DAY, 'seconds'),
    refreshTokenExpires: whole(2, YEAR, 'seconds'),
    sessionIdle: whole(1, YEAR, 'seconds'),
    bcryptCost: whole(4, 15),
    passwordMinLength: whole(8, 64, 'characters'),
    /** Who may make an account for themselves. */
    registration: Type.Enum(['open', 'invite', 'closed'], {
      description: 'open, invite or closed',
    }),
    /** In ASCII (UTS 46); any will do when there are none. */
    registrationDomains: Type.Array(
      Type.String({ pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)*$', maxLength: 253 }),
      {
        maxItems: 1000,
        description: 'a comma-separated list of mail domains such as example.com',
      },
    ),
    /** What the limits of wire.md are multiplied by; 0 is off. */
    rateLimits: Type.Number({
      minimum: 0,
      maximum: 10_000,
      description: 'on, off, or a multiplier above 0 and up to 10000',
    }),
    /** Where nodes count together; absent, each counts for itself. */
    redisUrl: Type.Optional(
      that(
        Type.String({
          description:
            'redis://<host>:<port>/<number>, or rediss:// for TLS, with percent-encoded credentials and without a query',
        }),
        isRedisUrl,
      ),
    ),
    /** The mail server; absent, nothing is mailed (development writes files instead). */
    smtpUrl: Type.Optional(
      that(
        Type.String({
          description:
            'smtp://<host>:<port> or smtps:// for TLS, with percent-encoded credentials and without a query',
        }),
        isSmtpUrl,
      ),
    ),
    mailFrom: Type.Object(
      { name: Type.String(), address: Type.String() },
      {
        description:
          'a name and an address such as Commonplace <noreply@example.com>, or an address, of ASCII letters before the @',
      },
    ),
    oidcProviders: ProviderList,
    oidcRedirects: RedirectList,
    auditRetentionDays: whole(1, 36_500, 'days'),
    eventsRetentionHours: whole(1, 8760, 'hours'),
    v1DeprecatedAt: Type.Optional(moment()),
    v1SunsetAt: Type.Optional(moment()),
    /** Milliseconds of event-loop delay above which the server answers 503; 0 never does. Not a variable. */
    maxEventLoopDelay: whole(0, 60_000, 'milliseconds'),
  },
  { additionalProperties: false },
)

export type Config = Readonly<Static<typeof Config>>

function whole(minimum: number, maximum: number, unit = '') {
  const description = `a whole number${unit && ` of ${unit}`} from ${minimum} to ${maximum}`
  return Type.Integer({ minimum, maximum, description })
}

function moment() {
  const description = 'an RFC 3339 date or date-time, such as 2027-01-31 or 2027-01-31T12:00:00Z'
  return that(
    Type.Unsafe<Date>({ description }),
    (date: unknown) => date instanceof Date && !Number.isNaN(date.getTime()),
  )
}

// better-sqlite3 trims the file name and opens a nameless temporary database when nothing is left: hence \S.
function isDatabaseUrl(text: string) {
  if (text.startsWith('sqlite:')) return /^sqlite:\S/.test(text)
  return /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text)
}

// The client takes its options from a query: one could undo the time limits. And it throws on a % that encodes nothing.
function isRedisUrl(text: string) {
  if (!/^rediss?:\/\/(?:[^\s%]|%[\da-fA-F]{2})+$/.test(text) || !URL.canParse(text)) return false
  const { hostname, pathname, search, hash } = new URL(text)
  return hostname !== '' && /^(\/\d{0,4})?$/.test(pathname) && search + hash === ''
}

function isSmtpUrl(text: string) {
  if (!/^smtps?:\/\/(?:[^\s%]|%[\da-fA-F]{2})+$/.test(text) || !URL.canParse(text)) return false
  const { hostname, pathname, search, hash } = new URL(text)
  return hostname !== '' && /^\/?$/.test(pathname) && search + hash === ''
}

function isPublicUrl(text: string) {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false
  const { username, password, search, hash } = new URL(text)
  return username + password + search + hash === ''
}

function isOrigin(text: string) {
  return text === '*' || (/^https?:/.test(text) && URL.parse(text)?.origin === text)
}

// A prefix of 0 trusts every peer, which lets anyone choose the address that is logged and limited.
function isProxy(text: string) {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^[1-9]\d*$/.test(prefix) && +prefix <= (family === 4 ? 32 : 128))
}
