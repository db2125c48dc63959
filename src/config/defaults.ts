import type { Config } from './schema.ts'

/** What an environment may leave open: an operator gives it, or `loadConfig` derives it. */
type Open = 'secretKeys' | 'publicUrl'

export type Defaults = Omit<Config, 'env' | Open> & Partial<Pick<Config, Open>>

const DAY = 86_400

/** What all environments share. */
export const base = {
  host: '127.0.0.1',
  port: 3000,
  databaseUrl: 'sqlite:./data/commonplace.db',
  corsOrigins: [],
  trustProxy: [],
  trustProxyHeader: 'x-forwarded-for',
  hstsIncludeSubdomains: false,
  logLevel: 'info',
  accessTokenExpires: 900,
  refreshTokenExpires: 30 * DAY,
  sessionIdle: 7 * DAY,
  bcryptCost: 10,
  passwordMinLength: 8,
  registration: 'open',
  registrationDomains: [],
  rateLimits: 1,
  mailFrom: { name: 'Commonplace', address: 'noreply@localhost' },
  oidcProviders: [],
  oidcRedirects: [],
  auditRetentionDays: 365,
  eventsRetentionHours: 24,
  maxEventLoopDelay: 500,
} satisfies Defaults
