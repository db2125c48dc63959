import { entropyOf } from './entropy.ts'
import { isLoopback } from './loopback.ts'
import type { Config } from './schema.ts'
import { test } from './test.ts'

/** What must hold beyond one member: `text` completes the sentence that begins with the variable of the first member. */
export interface Rule {
  members: (keyof Config)[]
  holds: (config: Config) => boolean
  text: string
}

export const everywhere = [
  rule(
    ['refreshTokenExpires', 'accessTokenExpires'],
    ({ refreshTokenExpires, accessTokenExpires }) => refreshTokenExpires > accessTokenExpires,
    'must be longer than JWT_ACCESS_TOKEN_EXPIRES',
  ),
  rule(
    ['sessionIdle', 'accessTokenExpires'],
    ({ sessionIdle, accessTokenExpires }) => sessionIdle >= accessTokenExpires,
    'must be at least JWT_ACCESS_TOKEN_EXPIRES',
  ),
  rule(
    ['v1SunsetAt', 'v1DeprecatedAt'],
    ({ v1SunsetAt, v1DeprecatedAt }) =>
      !v1SunsetAt || !v1DeprecatedAt || v1SunsetAt >= v1DeprecatedAt,
    'must not be before V1_DEPRECATED_AT (RFC 9745, section 4)',
  ),
  rule(
    ['publicUrl', 'oidcProviders', 'env'],
    ({ publicUrl, oidcProviders, env }) => oidcProviders.length === 0 || isPrivate(publicUrl, env),
    'must be https (or http on a loopback host, but not in production) when OIDC_PROVIDERS is given',
  ),
]

export const inProduction = [
  rule(
    ['secretKeys'],
    ({ secretKeys }) => !secretKeys.some((key) => PUBLISHED.has(key) || entropyOf(key) < ENTROPY),
    'must be random in production, such as the output of: openssl rand -base64 48',
  ),
  rule(
    ['databaseUrl'],
    ({ databaseUrl }) => !/^sqlite:.*(:memory:|mode=memory)/.test(databaseUrl),
    'must not be in memory in production',
  ),
  rule(
    ['corsOrigins'],
    ({ corsOrigins }) => !corsOrigins.includes('*'),
    'must name its origins in production',
  ),
  rule(
    ['accessTokenExpires'],
    ({ accessTokenExpires }) => accessTokenExpires >= 60 && accessTokenExpires <= 3600,
    'must be from 60 to 3600 seconds in production',
  ),
  rule(
    ['mailFrom', 'smtpUrl'],
    ({ smtpUrl, mailFrom }) => smtpUrl === undefined || !mailFrom.address.endsWith('@localhost'),
    'must name a sender in production, when SMTP_URL is given',
  ),
  rule(
    ['oidcProviders'],
    ({ oidcProviders }) => oidcProviders.every(({ issuer }) => issuer.startsWith('https:')),
    'must have https issuers in production',
  ),
  rule(['bcryptCost'], ({ bcryptCost }) => bcryptCost >= 10, 'must be at least 10 in production'),
]

/** Bits that a secret must be estimated to have; what the command makes has more than three times as many. */
const ENTROPY = 80

/** The values that anyone can read in this repository; the second is the one of `.env.example`. */
const PUBLISHED = new Set([
  ...test.secretKeys,
  'replace-me-with-the-output-of-openssl-rand-base64-48',
])

/** Nobody on the way reads what goes there. */
const isPrivate = (url: string, env: Config['env']) =>
  url.startsWith('https:') || (env !== 'production' && isLoopback(new URL(url).hostname))

function rule<K extends keyof Config>(
  members: K[],
  holds: (config: Pick<Config, K>) => boolean,
  text: string,
): Rule {
  return { members, holds, text }
}
