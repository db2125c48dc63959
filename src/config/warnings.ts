import { isIP } from 'node:net'
import { isLoopback } from './loopback.ts'
import type { Config } from './schema.ts'

/** Something that production accepts and should not be: `text` completes the sentence that begins with the variable. */
export interface Warning {
  variable: string
  text: string
}

/** Prefixes of fewer bits hold whole continents: no proxies of one's own. */
const NARROWEST = { 4: 8, 6: 16 }

/** What the log of a production server says at its start. Other environments are meant to be like that. */
export function warningsOf(config: Config): Warning[] {
  if (config.env !== 'production') return []
  const { publicUrl, rateLimits, corsOrigins, trustProxy, trustProxyHeader } = config
  const { registrationDomains, smtpUrl } = config
  const found: Warning[] = []
  const warn = (variable: string, text: string) => found.push({ variable, text })

  const { protocol, hostname } = new URL(publicUrl)
  if (protocol === 'http:' && !isLoopback(hostname))
    warn('PUBLIC_URL', 'is http: whoever is on the way reads passwords and tokens')
  if (rateLimits === 0) warn('RATE_LIMITS', 'is off: nothing but the hardware limits a caller')
  for (const origin of corsOrigins) {
    // A star is a character like others in an origin (RFC 6454), and no host has it.
    if (origin.includes('*'))
      warn('CORS_ORIGINS', `names ${origin}, which matches no page: each origin is written out`)
    else if (origin.startsWith('http:') && !isLoopback(new URL(origin).hostname))
      warn('CORS_ORIGINS', `names ${origin}: whoever is on the way can change that page`)
  }
  for (const range of trustProxy)
    if (isVast(range))
      warn(
        'TRUST_PROXY',
        `names ${range}, most of the internet: anybody in it chooses the address that is logged and limited`,
      )
  if (trustProxyHeader === 'forwarded' && trustProxy.length === 0)
    warn('TRUST_PROXY_HEADER', 'is read from nobody: TRUST_PROXY names no proxy')
  if (smtpUrl === undefined) {
    warn('SMTP_URL', 'is missing: no address is confirmed and no password is reset by mail')
    if (registrationDomains.length > 0)
      warn(
        'REGISTRATION_DOMAINS',
        'lets nobody in without SMTP_URL: whoever registers has to confirm their address before anything else, and gets no link',
      )
  }
  return found
}

function isVast(range: string): boolean {
  const [address = '', prefix] = range.split('/')
  if (prefix === undefined) return false
  if (isIP(address) === 4) return Number(prefix) < NARROWEST[4]
  // What IPv6 calls IPv4 addresses (RFC 4291, section 2.5.5.2).
  const isMapped = URL.parse(`http://[${address}]`)?.hostname.startsWith('[::ffff:') === true
  return Number(prefix) < (isMapped ? 96 + NARROWEST[4] : NARROWEST[6])
}
