import { and, eq, gt, gte, isNull, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { RefreshTokenReused, TokenRevoked } from '../../base/access-errors.ts'
import type { Origin } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Issue, PairClaims, TokenPair } from './issue.ts'
import type { Keys } from './keys.ts'
import type { Sessions } from './sessions.ts'
import type { Principal } from './principal.ts'

/** Milliseconds in which a spent token still gives its successor again: a reply gets lost, and two tabs refresh at once. */
const GRACE = 10_000

export interface RotationDeps {
  store: Store
  clock: Clock
  keys: Keys
  issue: Issue
  sessions: Sessions
  audit: Audit
}

/**
 * Refresh token rotation with reuse detection (RFC 9700, section 4.14.2): each refresh spends its token and gives a new pair. Of many
 * at once exactly one rotates, and all get the same successor. No token is stored: the row keeps the claims of its successors,
 * which sign to the same bytes again.
 */
export function createRotation({ store, clock, keys, issue, sessions, audit }: RotationDeps) {
  const { sessions: table, refreshTokens } = store.tables
  /** Also the lock behind which parallel refreshes of one session wait for each other on PostgreSQL. */
  const use = store.define('rotation_use', (q) =>
    q
      .update(table)
      .set({ rotating: true, lastUsedAt: sql`${$('now', table.lastUsedAt)}` })
      .where(
        and(
          eq(table.id, $('id')),
          isNull(table.endedAt),
          gt(table.expiresAt, $('now', table.expiresAt)),
        ),
      )
      .returning({ expiresAt: table.expiresAt }),
  )
  /** The same lock, for what is no use. */
  const hold = store.define('rotation_hold', (q) =>
    q
      .update(table)
      .set({ rotating: true })
      .where(and(eq(table.id, $('id')), isNull(table.endedAt)))
      .returning({ id: table.id }),
  )
  const spend = store.define('rotation_spend', (q) =>
    q
      .update(refreshTokens)
      .set({
        usedAt: sql`${$('now', refreshTokens.usedAt)}`,
        successor: sql`${$('successor', refreshTokens.successor)}`,
      })
      .where(and(eq(refreshTokens.jti, $('jti')), isNull(refreshTokens.usedAt)))
      .returning({ jti: refreshTokens.jti }),
  )
  /** What is older than the token that is being spent: none of it can be accepted again, so a session keeps two rows. */
  const forgetOlder = store.define('rotation_forget_older', (q) =>
    q
      .delete(refreshTokens)
      .where(and(eq(refreshTokens.sessionId, $('id')), ne(refreshTokens.jti, $('jti')))),
  )
  const find = store.define('rotation_find', (q) =>
    q
      .select({ usedAt: refreshTokens.usedAt, successor: refreshTokens.successor })
      .from(refreshTokens)
      .where(eq(refreshTokens.jti, $('jti'))),
  )

  const givenSince = store.define('rotation_given_since', (q) =>
    q
      .select({ jti: refreshTokens.jti })
      .from(refreshTokens)
      .where(
        and(
          eq(refreshTokens.sessionId, $('id')),
          gte(refreshTokens.createdAt, $('since', refreshTokens.createdAt)),
        ),
      )
      .limit(1),
  )

  /**
   * Whether a restore explains that a token is spent or unknown: it is of an earlier timeline, and nothing of its session has been spent in
   * this one. If something has, there are two who have a token of it, and no restore makes that.
   */
  function* isUndone(tx: Tx, { sessionId, issuedAt }: Principal): Steps<boolean> {
    const { startedAt } = store.timeline()
    if (!startedAt || issuedAt >= startedAt.getTime()) return false
    const since = yield* tx.run(givenSince, { id: sessionId, since: startedAt })
    return since.length === 0
  }

  /** The pair that a spent token was rotated for, if it may have it again. Its row is there as long as its successor is unspent. */
  function* again(tx: Tx, jti: string, now: Date): Steps<PairClaims | undefined> {
    const [spent] = yield* tx.run(find, { jti })
    if (!spent?.usedAt || spent.successor === null) return undefined
    if (now.getTime() - spent.usedAt.getTime() > GRACE) return undefined
    // What we wrote ourselves, below.
    return JSON.parse(spent.successor) as PairClaims
  }

  /**
   * Somebody else may have the token: its session ends, also after a restore, which may have gone back to a token that was spent since. But
   * then it is no alarm.
   * @returns what its bearer is told
   */
  function* endReused(tx: Tx, principal: Principal, origin: Origin): Steps<Error> {
    const { id, sessionId } = principal
    const undone = yield* isUndone(tx, principal)
    yield* sessions.end(tx, id, sessionId)
    if (undone) return new TokenRevoked()
    yield* audit.within(tx, {
      action: 'refresh.reuse',
      outcome: 'failure',
      actorId: id,
      target: { type: 'session', id: sessionId },
      origin,
    })
    return new RefreshTokenReused()
  }

  return {
    /**
     * Spends a refresh token for a new pair. The session rotates from then on, if it did not before.
     * @throws TokenRevoked when the session ended meanwhile; RefreshTokenReused when the token was spent before, unless it is the
     * direct predecessor of an unspent one, at most 10 s after its use: then the same pair comes again, byte for byte.
     */
    async rotate(principal: Principal, origin: Origin): Promise<TokenPair> {
      const { sessionId, tokenId } = principal
      const kid = await keys.signingKid()
      const pair = await store.transaction(function* (tx) {
        const now = clock.now()
        const [session] = yield* tx.run(use, { id: sessionId, now })
        if (!session) throw new TokenRevoked()
        const { expiresAt } = session
        const next = issue.pair(kid, principal, sessionId, expiresAt)
        const [mine] = yield* tx.run(spend, { jti: tokenId, now, successor: JSON.stringify(next) })
        if (mine) {
          yield* tx.run(forgetOlder, { id: sessionId, jti: tokenId })
          yield* sessions.record(tx, next.refresh, expiresAt)
          return next
        }
        const before = yield* again(tx, tokenId, now)
        if (before) return before
        return yield* endReused(tx, principal, origin)
      })
      if (pair instanceof Error) throw pair
      return issue.signPair(pair)
    },

    /**
     * What becomes of a spent token anywhere but in a rotation, where it is good for nothing. Two tabs may have shown it in the moment
     * in which it was spent; after that it is a reuse like any other.
     * @throws TokenRevoked where it would still give its successor, and when the session ended meanwhile; RefreshTokenReused
     */
    async refuseSpent(principal: Principal, origin: Origin): Promise<never> {
      throw await store.transaction(function* (tx) {
        const [session] = yield* tx.run(hold, { id: principal.sessionId })
        if (!session || (yield* again(tx, principal.tokenId, clock.now())))
          return new TokenRevoked()
        return yield* endReused(tx, principal, origin)
      })
    },
  }
}
