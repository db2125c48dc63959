import cookie, { type CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { isLoopback } from '../../config/loopback.ts'
import type { Config } from '../../config/schema.ts'
import type { TokenType } from '../../db/schema/tables.ts'
import type { TokenPair } from '../../domain/sessions/issue.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether cookies can be kept safe here: over https, or on a developer's own machine. */
    hasCookies: boolean
  }
  interface FastifyReply {
    setTokens(pair: TokenPair): void
    clearTokens(): void
  }
}

const isSecure = (publicUrl: string) => publicUrl.startsWith('https:')

/** Browsers keep cookies of this prefix only from https, for one host and all its paths (RFC 6265bis, section 4.1.3.2). */
export const cookiePrefix = ({ publicUrl }: Pick<Config, 'publicUrl'>): string =>
  isSecure(publicUrl) ? '__Host-' : ''

/**
 * The value of a cookie (RFC 6265, section 4.2.1). Of two with one name, which no browser keeps of ours, somebody else made at least
 * one: both are returned, and together they are no token.
 */
export function valueOf(header: string, name: string): string | undefined {
  const prefix = `${name}=`
  const pairs = header.split(/; */).filter((pair) => pair.startsWith(prefix))
  return pairs.length === 0 ? undefined : pairs.join(';').slice(prefix.length)
}

/**
 * Tokens in cookies (RFC 6265bis) that no script can read, for pages on the same site as the API. Registered in the scope of v2, so
 * v1 sees no cookies at all.
 */
export default fp(
  async (app: FastifyInstance, { publicUrl, env }: Pick<Config, 'publicUrl' | 'env'>) => {
    // Without a hook that parses the cookies of every request: they are read where they are asked for.
    await app.register(cookie, { hook: false })
    const secure = isSecure(publicUrl)
    const prefix = cookiePrefix({ publicUrl })
    const names: Record<TokenType, string> = {
      access: `${prefix}commonplace_access`,
      refresh: `${prefix}commonplace_refresh`,
    }
    const attributes: CookieSerializeOptions = {
      path: '/',
      httpOnly: true,
      secure,
      sameSite: 'lax',
    }

    const hasCookies = secure || (env !== 'production' && isLoopback(new URL(publicUrl).hostname))

    app.decorate('hasCookies', hasCookies)
    app.decorateRequest('readCookie', function readCookie(type: TokenType) {
      const { cookie: header } = this.headers
      return hasCookies && header !== undefined ? valueOf(header, names[type]) : undefined
    })
    app.decorateReply('setTokens', function setTokens(pair: TokenPair) {
      const { accessToken, expiresIn, refreshToken, refreshExpiresIn } = pair
      this.setCookie(names.access, accessToken, { ...attributes, maxAge: expiresIn })
      this.setCookie(names.refresh, refreshToken, { ...attributes, maxAge: refreshExpiresIn })
    })
    app.decorateReply('clearTokens', function clearTokens() {
      for (const name of Object.values(names)) this.clearCookie(name, attributes)
    })
  },
  { name: 'token-cookies' },
)
