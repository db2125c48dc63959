import type { FastifyRequest } from 'fastify'
import type { TokenType } from '../../db/schema/tables.ts'
import { TokenInvalid } from '../../base/access-errors.ts'
import { KEY_PREFIX } from '../../domain/sessions/key-check.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The token that a cookie holds, where cookies are read at all: v1 ignores them. */
    readCookie?(type: TokenType): string | undefined
    /** Whether a cookie brought the token. A browser sends those by itself, so the page must show that it meant to. */
    byCookie: boolean
  }
}

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/
const BEARER = /^Bearer(?: |$)/i
const KEY = new RegExp(`^${KEY_PREFIX}[\\w-]{43}$`)

/**
 * The token of the Authorization header (RFC 6750, section 2.1), or undefined when the header holds none.
 * @throws TokenInvalid when what it holds cannot be one.
 */
export function bearerToken({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined || !BEARER.test(authorization)) return undefined
  const token = authorization.slice('Bearer '.length).trim()
  if (token === '') return undefined
  if (!TOKEN.test(token)) throw new TokenInvalid()
  return token
}

/** The API key of a request: as Bearer, or else in X-API-Key. @throws TokenInvalid when what that holds cannot be one */
export function presentedKey({ headers }: FastifyRequest): string | undefined {
  const { authorization = '', 'x-api-key': given } = headers
  if (BEARER.test(authorization)) {
    const text = authorization.slice('Bearer '.length).trim()
    return KEY.test(text) ? text : undefined
  }
  if (given === undefined) return undefined
  if (typeof given !== 'string' || !KEY.test(given)) throw new TokenInvalid()
  return given
}

/**
 * The token of the first of these types that a cookie holds. A request with a Bearer header or an API key speaks for itself: its
 * cookies are ignored, whatever the header holds.
 * @throws TokenInvalid when what the cookie holds cannot be a token.
 */
export function cookieToken(
  request: FastifyRequest,
  types: readonly TokenType[],
): string | undefined {
  const { authorization = '', 'x-api-key': apiKey } = request.headers
  if (BEARER.test(authorization) || apiKey !== undefined) return undefined
  for (const type of types) {
    const token = request.readCookie?.(type)
    if (token === undefined) continue
    request.byCookie = true
    if (!TOKEN.test(token)) throw new TokenInvalid()
    return token
  }
  return undefined
}
