import type { TokenType } from '../../db/schema/tables.ts'
import {
  RefreshTokenExpired,
  TokenExpired,
  TokenInvalid,
  TokenTypeInvalid,
} from '../../base/access-errors.ts'

/** The claims of our tokens (RFC 7519, section 4.1, and three of our own: `sid`, `type`, `role`). Times in seconds. */
export interface Claims {
  iss: string
  sub: string
  aud: string
  exp: number
  nbf: number
  iat: number
  jti: string
  /** The session that the token belongs to. */
  sid: string
  type: TokenType
  /** For clients to show; the server reads its own. */
  role?: string
}

/** Each type has an audience of its own, so that no verifier takes one for the other (RFC 8725, section 3.9). */
export const AUDIENCES: Record<TokenType, string> = {
  access: 'commonplace',
  refresh: 'commonplace/refresh',
}

/** Another node's clock may be ahead by this many seconds: `nbf` and `iat` may lie that far in the future. */
const SKEW = 5

export interface TokenRules {
  issuer: string
  /** Seconds that a token of each type may live. */
  lifetimes: Record<TokenType, number>
}

/**
 * Checks everything that a payload says of itself. The signature has been verified; whether the session lives is asked after.
 * @param now milliseconds since 1970
 * @throws TokenInvalid, TokenTypeInvalid, TokenExpired, RefreshTokenExpired
 * @see RFC 8725, sections 3.8 to 3.12
 */
export function checkClaims(
  payload: unknown,
  expected: readonly TokenType[],
  { issuer, lifetimes }: TokenRules,
  now: number,
): Claims {
  if (!isClaims(payload) || payload.iss !== issuer || payload.aud !== AUDIENCES[payload.type])
    throw new TokenInvalid()
  if (!expected.includes(payload.type)) throw new TokenTypeInvalid()
  const seconds = now / 1000
  if (payload.nbf > seconds + SKEW || payload.iat > seconds + SKEW) throw new TokenInvalid()
  if (payload.exp <= seconds || payload.iat + lifetimes[payload.type] <= seconds)
    throw payload.type === 'refresh' ? new RefreshTokenExpired() : new TokenExpired()
  return payload
}

function isClaims(payload: unknown): payload is Claims {
  if (typeof payload !== 'object' || payload === null) return false
  const claims: Partial<Record<keyof Claims, unknown>> = payload
  return (
    (claims.type === 'access' || claims.type === 'refresh') &&
    typeof claims.sub === 'string' &&
    /^[1-9]\d{0,9}$/.test(claims.sub) &&
    Number(claims.sub) <= 2147483647 &&
    [claims.jti, claims.sid].every((id) => typeof id === 'string' && id !== '') &&
    [claims.exp, claims.nbf, claims.iat].every(Number.isSafeInteger)
  )
}
