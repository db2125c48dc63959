import { and, eq, gt, inArray, isNull, or } from '../../db/drizzle.ts'
import type { Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { SessionRules } from '../sessions/issue.ts'
import type { Principal } from '../sessions/principal.ts'

/** Ids that one query takes: SQLite has a limit on values. */
const IDS = 500

interface Deps {
  store: Store
  clock: Clock
  rules: Pick<SessionRules, 'sessionIdle'>
}

/**
 * Tells which of those who were let in would still be, whose requests last longer than their tokens: their session is open, their
 * account active, and the token that they showed was not revoked; or their API key is there. That a token has expired meanwhile does
 * not matter.
 */
export function createLiveness({ store, clock, rules }: Deps) {
  const { users, sessions, tokenBlacklist, apiKeys } = store.tables

  return async function living(principals: readonly Principal[]): Promise<Set<Principal>> {
    const open = new Set<string>()
    const revoked = new Set<string>()
    const keys = new Set<number>()
    const now = clock.now()
    const idleSince = new Date(now.getTime() - rules.sessionIdle * 1000)
    for (let from = 0; from < principals.length; from += IDS) {
      const some = principals.slice(from, from + IDS)
      const sessionIds = some.map(({ sessionId }) => sessionId)
      const tokenIds = some.map(({ tokenId }) => tokenId)
      const keyIds = some.flatMap(({ keyId }) => keyId ?? [])
      const [alive, gone, good] = await Promise.all([
        store.query((q) =>
          q
            .select({ id: sessions.id })
            .from(sessions)
            .innerJoin(users, eq(users.id, sessions.userId))
            .where(
              and(
                inArray(sessions.id, sessionIds),
                isNull(sessions.endedAt),
                gt(sessions.expiresAt, now),
                gt(sessions.lastUsedAt, idleSince),
                eq(users.status, 'active'),
              ),
            ),
        ),
        store.query((q) =>
          q
            .select({ jti: tokenBlacklist.jti })
            .from(tokenBlacklist)
            .where(inArray(tokenBlacklist.jti, tokenIds)),
        ),
        keyIds.length === 0
          ? []
          : store.query((q) =>
              q
                .select({ id: apiKeys.id })
                .from(apiKeys)
                .innerJoin(users, eq(users.id, apiKeys.userId))
                .where(
                  and(
                    inArray(apiKeys.id, keyIds),
                    or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
                    eq(users.status, 'active'),
                  ),
                ),
            ),
      ])
      for (const { id } of alive) open.add(id)
      for (const { jti } of gone) revoked.add(jti)
      for (const { id } of good) keys.add(id)
    }
    return new Set(
      principals.filter(({ sessionId, tokenId, keyId }) =>
        keyId === undefined ? open.has(sessionId) && !revoked.has(tokenId) : keys.has(keyId),
      ),
    )
  }
}
export type Liveness = ReturnType<typeof createLiveness>
