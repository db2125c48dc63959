import { and, eq, gt, inArray, isNull, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx, wakeAll } from '../../db/store.ts'
import type { Origin } from '../../base/actor.ts'
import { TokenRevoked, TokenTypeInvalid } from '../../base/access-errors.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ids } from '../../base/ids.ts'
import { createBlacklist } from './blacklist.ts'
import type { AccessGrant, Issue, PairClaims, SessionRules, TokenOwner } from './issue.ts'
import type { Principal } from './principal.ts'
import type { Claims } from './tokens.ts'

/** Sessions that a user may have at once; a login beyond it ends the one that was used least recently. */
const MOST = 100

/** Which sessions a logout ends: the caller's, all others, or all. */
export type LogoutScope = 'this' | 'others' | 'all'

export interface SessionDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  issue: Issue
  rules: SessionRules
}

/** Sessions (token families): opened by a login, used by refreshes, ended at once and for good. */
export function createSessions({ store, clock, ids, audit, issue, rules }: SessionDeps) {
  const { users, sessions, refreshTokens } = store.tables

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
  const ended = { endedAt: sql`${$('now', sessions.endedAt)}` }
  /** Streams of events end with their session. */
  const told = wakeAll(store)
  const isOpen = isNull(sessions.endedAt)
  const usable = { expiresAt: sessions.expiresAt, lastUsedAt: sessions.lastUsedAt }
  const ofUser = and(eq(sessions.userId, $('userId')), isOpen)
  const touch = store.define('sessions_touch', (q) =>
    q
      .update(sessions)
      .set({ lastUsedAt: sql`${$('now', sessions.lastUsedAt)}` })
      .where(and(eq(sessions.id, $('id')), eq(sessions.rotating, false), isOpen))
      .returning({ expiresAt: sessions.expiresAt }),
  )
  const end = store.define('sessions_end', (q) =>
    q
      .update(sessions)
      .set(ended)
      .where(and(eq(sessions.id, $('id')), ofUser))
      .returning({ id: sessions.id, told }),
  )
  const findOpen = store.define('sessions_find_open', (q) =>
    q
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.id, $('id')), ofUser)),
  )
  /** A lock on PostgreSQL: two that end each other's sessions take turns, and cannot wait for each other in a circle. */
  const hold = store.define('sessions_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('userId'))),
  )
  const endAll = store.define('sessions_end_all', (q) =>
    q
      .update(sessions)
      .set(ended)
      .where(ofUser)
      .returning({ ...usable, told }),
  )
  const endOthers = store.define('sessions_end_others', (q) =>
    q
      .update(sessions)
      .set(ended)
      .where(and(ofUser, ne(sessions.id, $('id'))))
      .returning({ ...usable, told }),
  )
  const endSurplus = store.define('sessions_end_surplus', (q) =>
    q
      .update(sessions)
      .set(ended)
      .where(
        inArray(
          sessions.id,
          q
            .select({ id: sessions.id })
            .from(sessions)
            .where(and(ofUser, gt(sessions.expiresAt, $('now', sessions.expiresAt))))
            .orderBy(sql`${sessions.lastUsedAt} desc`, sessions.id)
            .limit(MOST)
            .offset(MOST - 1),
        ),
      )
      .returning({ told }),
  )
  const blacklist = createBlacklist({ store, clock })

  /** Makes a refresh token known, within the transaction that issues it. It lives as long as its session. */
  function* record(tx: Tx, { jti, sid }: Claims, expiresAt: Date): Steps<void> {
    yield* tx.run(insertRefreshToken, { jti, sessionId: sid, now: clock.now(), expiresAt })
  }

  /** How many of those that ended were not over by themselves. */
  function inUse(gone: ReadonlyArray<{ expiresAt: Date; lastUsedAt: Date }>): number {
    const now = clock.now()
    const idleSince = new Date(now.getTime() - rules.sessionIdle * 1000)
    return gone.filter(({ expiresAt, lastUsedAt }) => expiresAt > now && lastUsedAt > idleSince)
      .length
  }

  /**
   * Ends all sessions of a user but one, within the transaction of what makes it necessary.
   * @returns how many were in use
   * @throws TokenRevoked when that one has ended: of two that end each other's, one is too late.
   */
  function* endOthersOf(tx: Tx, userId: number, sessionId: string): Steps<number> {
    yield* tx.run(hold, { userId })
    const [staying] = yield* tx.run(findOpen, { userId, id: sessionId })
    if (!staying) throw new TokenRevoked()
    return inUse(yield* tx.run(endOthers, { userId, id: sessionId, now: clock.now() }))
  }

  return {
    /**
     * Opens a session within the transaction of a login. What it returns is signed once that has committed.
     * @param rotating whether its refresh token is spent with each use (v2), or stays good (v1)
     * @param kid the key that will sign
     */
    *open(
      tx: Tx,
      owner: TokenOwner,
      origin: Origin,
      { rotating, kid }: { rotating: boolean; kid: string },
    ): Steps<PairClaims> {
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + rules.refreshTokenExpires * 1000)
      const id = ids.next()
      const pair = issue.pair(kid, owner, id, expiresAt)
      yield* tx.run(endSurplus, { userId: owner.id, now })
      yield* tx.run(insertSession, {
        id,
        userId: owner.id,
        rotating,
        now,
        expiresAt,
        ip: origin.ip,
        userAgent: origin.userAgent ?? null,
      })
      yield* record(tx, pair.refresh, expiresAt)
      return pair
    },

    /**
     * A new access token for a session whose refresh token stays good; being used keeps it from idling out.
     * @throws TokenTypeInvalid when the session rotates its refresh tokens, TokenRevoked when it ended meanwhile.
     */
    async refresh(principal: Principal): Promise<AccessGrant> {
      if (principal.rotating) throw new TokenTypeInvalid()
      const [session] = await store.write(touch, { id: principal.sessionId, now: clock.now() })
      if (!session) throw new TokenRevoked()
      return issue.signAccess(
        issue.claims('access', principal, principal.sessionId, session.expiresAt),
      )
    },

    /**
     * Ends sessions: all their tokens are refused from now on, on every node.
     * @throws TokenRevoked when the caller's session ended meanwhile.
     */
    async logout(principal: Principal, origin: Origin, scope: LogoutScope = 'this'): Promise<void> {
      const { id: userId, sessionId } = principal
      await store.transaction(function* (tx) {
        const now = clock.now()
        if (scope !== 'this') yield* endOthersOf(tx, userId, sessionId)
        if (scope !== 'others') {
          const [gone] = yield* tx.run(end, { id: sessionId, userId, now })
          if (!gone) throw new TokenRevoked()
          yield* blacklist(tx, principal, 'logout')
        }
        yield* audit.within(tx, {
          action: scope === 'this' ? 'logout' : `logout.${scope}`,
          outcome: 'success',
          actorId: userId,
          target: { type: 'session', id: sessionId },
          origin,
        })
      })
    },

    /**
     * Revokes a token on behalf of whoever has it (RFC 7009, section 2.1): with a refresh token its session ends, an access token is
     * refused alone. Of one that is not alive any more there is nothing to do.
     */
    async revoke(principal: Principal, origin: Origin): Promise<void> {
      const { id: userId, sessionId } = principal
      await store.transaction(function* (tx) {
        if (principal.type === 'refresh')
          yield* tx.run(end, { id: sessionId, userId, now: clock.now() })
        yield* blacklist(tx, principal, 'revoked')
        yield* audit.within(tx, {
          action: 'token.revoke',
          outcome: 'success',
          actorId: userId,
          target: { type: 'session', id: sessionId },
          origin,
        })
      })
    },

    record,
    /** Ends one session of a user, within a transaction. @returns whether it was open */
    *end(tx: Tx, userId: number, sessionId: string): Steps<boolean> {
      const gone = yield* tx.run(end, { id: sessionId, userId, now: clock.now() })
      return gone.length > 0
    },
    endOthers: endOthersOf,
    /** Ends all sessions of a user, within the transaction of what makes it necessary. @returns how many were in use */
    *endAll(tx: Tx, userId: number): Steps<number> {
      return inUse(yield* tx.run(endAll, { userId, now: clock.now() }))
    },
  }
}
export type Sessions = ReturnType<typeof createSessions>
