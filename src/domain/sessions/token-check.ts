import { and, eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { TokenType } from '../../db/schema/tables.ts'
import type { Clock } from '../../base/clock.ts'
import { RefreshTokenExpired, TokenExpired, TokenRevoked } from '../../base/access-errors.ts'
import { Overloaded } from '../../base/errors.ts'
import { createRecent } from './recent.ts'
import type { SessionRules } from './issue.ts'
import { barOf, type Principal } from './principal.ts'
import { checkClaims, type Claims } from './tokens.ts'

/** What a failed check tells the caller: a reason of the catalogue, or that it could not be found out. Then nobody gets in. */
export const refusalOf = (error: unknown): Error =>
  error instanceof Error && 'statusCode' in error ? error : new Overloaded(1, { cause: error })

/** Finds out whether a token whose signature holds is alive, and whom it speaks for. */
export function createTokenCheck({
  store,
  clock,
  rules,
}: {
  store: Store
  clock: Clock
  rules: SessionRules
}) {
  const { users, sessions, refreshTokens, tokenBlacklist } = store.tables
  const lifetimes = { access: rules.accessTokenExpires, refresh: rules.refreshTokenExpires }
  const recent = createRecent(
    store.watch('users', 'sessions', 'refresh_tokens', 'token_blacklist', 'signing_keys'),
  )
  /** Everything that decides whether a token is alive, in one look. */
  const live = store.define('sessions_live', (q) =>
    q
      .select({
        userId: users.id,
        username: users.username,
        role: users.role,
        status: users.status,
        passwordMustChange: users.passwordMustChange,
        emailMustConfirm: users.emailMustConfirm,
        rotating: sessions.rotating,
        authenticatedAt: sessions.authenticatedAt,
        lastUsedAt: sessions.lastUsedAt,
        expiresAt: sessions.expiresAt,
        endedAt: sessions.endedAt,
        revoked: tokenBlacklist.jti,
        refreshToken: refreshTokens.jti,
        usedAt: refreshTokens.usedAt,
      })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .leftJoin(tokenBlacklist, eq(tokenBlacklist.jti, $('jti')))
      .leftJoin(
        refreshTokens,
        and(eq(refreshTokens.jti, $('jti')), eq(refreshTokens.sessionId, sessions.id)),
      )
      .where(eq(sessions.id, $('sid'))),
  )

  /** Reads what is true now. @throws TokenRevoked, TokenExpired, RefreshTokenExpired */
  async function principalOf({ sub, jti, sid, type, exp, iat }: Claims): Promise<Principal> {
    const [row] = await store.read(live, { jti, sid })
    const now = clock.now().getTime()
    if (
      !row ||
      row.userId !== Number(sub) ||
      row.status !== 'active' ||
      row.endedAt !== null ||
      row.revoked !== null ||
      (type === 'refresh' && row.refreshToken === null && !row.rotating)
    )
      throw new TokenRevoked()
    const idleUntil = row.lastUsedAt.getTime() + rules.sessionIdle * 1000
    if (row.expiresAt.getTime() <= now || (type === 'refresh' && idleUntil <= now))
      throw type === 'refresh' ? new RefreshTokenExpired() : new TokenExpired()
    return Object.freeze({
      id: row.userId,
      username: row.username,
      role: row.role,
      sessionId: sid,
      tokenId: jti,
      type,
      // A token that was made under longer lifetimes ends with those of now.
      expiresAt: Math.min(exp, iat + lifetimes[type]) * 1000,
      issuedAt: iat * 1000,
      authenticatedAt: row.authenticatedAt.getTime(),
      rotating: row.rotating,
      spent: type === 'refresh' && (row.refreshToken === null || row.usedAt !== null),
      ...barOf(row),
    })
  }

  return {
    /**
     * What is known of a token's text without reading anything, or undefined. Synchronous: the hottest path.
     * @throws Overloaded when the database does not say whether it still holds.
     */
    recall(token: string, expected: readonly TokenType[]): Principal | undefined {
      let principal: Principal | undefined
      try {
        principal = recent.recall(token)
      } catch (error) {
        throw refusalOf(error)
      }
      return principal &&
        principal.expiresAt > clock.now().getTime() &&
        (expected as readonly string[]).includes(principal.type)
        ? principal
        : undefined
    },

    /**
     * Checks the payload of a token whose signature holds: claims, revocation, session, and that the user is there and active,
     * with the role of now.
     * @throws TokenInvalid, TokenTypeInvalid, TokenExpired, RefreshTokenExpired, TokenRevoked; Overloaded when it cannot be
     * found out: then nobody gets in.
     */
    async authenticate(
      token: string,
      payload: unknown,
      expected: readonly TokenType[],
    ): Promise<Principal> {
      const stamp = recent.stamp()
      const checked = checkClaims(
        payload,
        expected,
        { issuer: rules.issuer, lifetimes },
        clock.now().getTime(),
      )
      const principal = await principalOf(checked).catch((error: unknown) => {
        throw refusalOf(error)
      })
      // A refresh token also dies of idling, which no write announces; it is rare enough to be looked up each time.
      if (principal.type === 'access') recent.remember(token, principal, stamp)
      return principal
    },
  }
}
export type TokenCheck = ReturnType<typeof createTokenCheck>
