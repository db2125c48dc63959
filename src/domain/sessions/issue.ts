import type { TokenType } from '../../db/schema/tables.ts'
import type { Role } from '../../base/actor.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ids } from '../../base/ids.ts'
import type { Keys } from './keys.ts'
import { AUDIENCES, type Claims } from './tokens.ts'

export interface AccessGrant {
  accessToken: string
  /** Seconds. */
  expiresIn: number
}
export interface TokenPair extends AccessGrant {
  refreshToken: string
  /** Seconds after which an unused refresh token is not accepted any more. */
  refreshExpiresIn: number
  sessionId: string
}
/** What a pair of tokens is signed from: with the same key the same claims give the same bytes. */
export interface PairClaims {
  kid: string
  access: Claims
  refresh: Claims
}
export interface SessionRules {
  /** `iss` (RFC 7519, section 4.1.1): PUBLIC_URL. */
  issuer: string
  /** Seconds. */
  accessTokenExpires: number
  /** Seconds; also the absolute life of a session. */
  refreshTokenExpires: number
  /** Seconds without a refresh after which a session is over. */
  sessionIdle: number
}
export interface TokenOwner {
  id: number
  role: Role
}
export interface IssueDeps {
  clock: Clock
  ids: Ids
  keys: Keys
  rules: SessionRules
}

/** Makes the claims of tokens, and tokens of claims: the first inside a transaction, the second when it has committed. */
export function createIssue({ clock, ids, keys, rules }: IssueDeps) {
  const lifetimes = { access: rules.accessTokenExpires, refresh: rules.refreshTokenExpires }

  function claims(type: TokenType, owner: TokenOwner, sid: string, sessionEnds: Date): Claims {
    const iat = Math.floor(clock.now().getTime() / 1000)
    return {
      iss: rules.issuer,
      sub: String(owner.id),
      aud: AUDIENCES[type],
      exp: Math.min(iat + lifetimes[type], Math.floor(sessionEnds.getTime() / 1000)),
      nbf: iat,
      iat,
      jti: ids.next(),
      sid,
      type,
      ...(type === 'access' && { role: owner.role }),
    }
  }

  return {
    claims,
    pair: (kid: string, owner: TokenOwner, sid: string, sessionEnds: Date): PairClaims => ({
      kid,
      access: claims('access', owner, sid, sessionEnds),
      refresh: claims('refresh', owner, sid, sessionEnds),
    }),

    async signAccess(access: Claims): Promise<AccessGrant> {
      const [accessToken = ''] = await keys.sign([access])
      return { accessToken, expiresIn: access.exp - access.iat }
    },

    async signPair({ kid, access, refresh }: PairClaims): Promise<TokenPair> {
      const [accessToken = '', refreshToken = ''] = await keys.sign([access, refresh], kid)
      return {
        accessToken,
        refreshToken,
        expiresIn: access.exp - access.iat,
        refreshExpiresIn: Math.min(refresh.exp - refresh.iat, rules.sessionIdle),
        sessionId: access.sid,
      }
    },
  }
}
export type Issue = ReturnType<typeof createIssue>
