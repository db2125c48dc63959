import { and, eq, isNull, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { TokenType } from '../../db/tables.ts'
import type { Origin, Role } from '../actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { TokenRevoked } from '../access-errors.ts'
import type { Ids } from '../ids.ts'
import type { Keys } from './keys.ts'
import type { Principal } from './token-check.ts'
import { AUDIENCES, type Claims } from './tokens.ts'

export interface AccessGrant {
  accessToken: string
  /** Seconds. */
  expiresIn: number
}
export interface TokenPair extends AccessGrant {
  refreshToken: string
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
export interface SessionDeps {
  store: Store
  clock: Clock
  ids: Ids
  keys: Keys
  audit: Audit
  rules: SessionRules
}
interface Owner {
  id: number
  role: Role
}

/** Sessions (token families): opened by a login, used by refreshes, ended at once and for good. */
export function createSessions({ store, clock, ids, keys, audit, rules }: SessionDeps) {
  const { sessions, refreshTokens, tokenBlacklist } = store.tables
  const lifetimes = { access: rules.accessTokenExpires, refresh: rules.refreshTokenExpires }

  const insertSession = store.define('sessions_insert', (q) =>
    q.insert(sessions).values({
      id: $('id'),
      userId: $('userId'),
      rotating: $('rotating'),
      createdAt: $('now'),
      authenticatedAt: $('now'),
      lastUsedAt: $('now'),
      expiresAt: $('expiresAt'),
      ip: $('ip'),
      userAgent: $('userAgent'),
    }),
  )
  const insertRefreshToken = store.define('refresh_tokens_insert', (q) =>
    q.insert(refreshTokens).values({
      jti: $('jti'),
      sessionId: $('sessionId'),
      createdAt: $('now'),
      expiresAt: $('expiresAt'),
    }),
  )
  const touch = store.define('sessions_touch', (q) =>
    q
      .update(sessions)
      .set({ lastUsedAt: sql`${$('now', sessions.lastUsedAt)}` })
      .where(and(eq(sessions.id, $('id')), isNull(sessions.endedAt)))
      .returning({ expiresAt: sessions.expiresAt }),
  )
  const end = store.define('sessions_end', (q) =>
    q
      .update(sessions)
      .set({ endedAt: sql`${$('now', sessions.endedAt)}` })
      .where(and(eq(sessions.id, $('id')), isNull(sessions.endedAt)))
      .returning({ id: sessions.id }),
  )
  const endAll = store.define('sessions_end_all', (q) =>
    q
      .update(sessions)
      .set({ endedAt: sql`${$('now', sessions.endedAt)}` })
      .where(and(eq(sessions.userId, $('userId')), isNull(sessions.endedAt))),
  )
  const revoke = store.define('token_blacklist_insert', (q) =>
    q
      .insert(tokenBlacklist)
      .values({
        jti: $('jti'),
        tokenType: $('tokenType'),
        userId: $('userId'),
        expiresAt: $('expiresAt'),
        revokedAt: $('now'),
        reason: $('reason'),
      })
      .onConflictDoNothing(),
  )

  function claims(type: TokenType, owner: Owner, sid: string, sessionEnds: Date): Claims {
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
    /** Opens a v1 session within the transaction of a login. What it returns is signed once that has committed. */
    *open(tx: Tx, owner: Owner, origin: Origin): Steps<Claims[]> {
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + rules.refreshTokenExpires * 1000)
      const id = ids.next()
      const refresh = claims('refresh', owner, id, expiresAt)
      yield* tx.run(insertSession, {
        id,
        userId: owner.id,
        rotating: false,
        now,
        expiresAt,
        ip: origin.ip,
        userAgent: origin.userAgent ?? null,
      })
      yield* tx.run(insertRefreshToken, { jti: refresh.jti, sessionId: id, now, expiresAt })
      return [claims('access', owner, id, expiresAt), refresh]
    },

    async signPair(pair: Claims[]): Promise<TokenPair> {
      const [accessToken = '', refreshToken = ''] = await keys.sign(...pair)
      const [{ exp, iat } = { exp: 0, iat: 0 }] = pair
      return { accessToken, refreshToken, expiresIn: exp - iat }
    },

    /**
     * A new access token for a v1 session; its refresh token stays good, and being used keeps the session from idling out.
     * @throws TokenRevoked when the session ended meanwhile.
     */
    async refresh(principal: Principal): Promise<AccessGrant> {
      const [session] = await store.write(touch, { id: principal.sessionId, now: clock.now() })
      if (!session) throw new TokenRevoked()
      const access = claims('access', principal, principal.sessionId, session.expiresAt)
      const [accessToken = ''] = await keys.sign(access)
      return { accessToken, expiresIn: access.exp - access.iat }
    },

    /**
     * Ends the session: both its tokens are refused from now on, on every node.
     * @throws TokenRevoked when the session ended meanwhile.
     */
    async logout(principal: Principal, origin: Origin): Promise<void> {
      await store.transaction(function* (tx) {
        const now = clock.now()
        const [ended] = yield* tx.run(end, { id: principal.sessionId, now })
        if (!ended) throw new TokenRevoked()
        yield* tx.run(revoke, {
          jti: principal.tokenId,
          tokenType: principal.type,
          userId: principal.id,
          expiresAt: new Date(principal.expiresAt),
          now,
          reason: 'logout',
        })
        yield* audit.within(tx, {
          action: 'logout',
          outcome: 'success',
          actorId: principal.id,
          target: { type: 'session', id: principal.sessionId },
          origin,
        })
      })
    },

    /** Ends all sessions of a user, within the transaction of what makes it necessary. */
    *endAll(tx: Tx, userId: number): Steps<void> {
      yield* tx.run(endAll, { userId, now: clock.now() })
    },
  }
}
export type Sessions = ReturnType<typeof createSessions>
