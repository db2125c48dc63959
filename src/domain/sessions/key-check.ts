import { createHash } from 'node:crypto'
import { eq, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { TokenExpired, TokenRevoked } from '../../base/access-errors.ts'
import type { Clock } from '../../base/clock.ts'
import { toleratesFull } from '../full-disk.ts'
import type { Scope } from '../scopes.ts'
import { createRecent } from './recent.ts'
import { refusalOf } from './token-check.ts'
import { barOf, type Principal } from './principal.ts'

/** What keys begin with, so that people and scanners of secrets know one when they see it. */
export const KEY_PREFIX = 'cpk_'
/** Milliseconds within which the last use is not written again. */
const USE_STEP = 60_000

export const digestOf = (key: string) => createHash('sha256').update(key).digest('base64url')

/** Finds out whether an API key is alive, and whom it speaks for. */
export function createKeyCheck({ store, clock }: { store: Store; clock: Clock }) {
  const { apiKeys: t, users } = store.tables
  const recent = createRecent(store.watch('users', 'api_keys'))
  const live = store.define('api_keys_live', (q) =>
    q
      .select({
        id: t.id,
        scopes: t.scopes,
        createdAt: t.createdAt,
        expiresAt: t.expiresAt,
        lastUsedAt: t.lastUsedAt,
        userId: users.id,
        username: users.username,
        role: users.role,
        status: users.status,
        passwordMustChange: users.passwordMustChange,
        emailMustConfirm: users.emailMustConfirm,
      })
      .from(t)
      .innerJoin(users, eq(users.id, t.userId))
      .where(eq(t.digest, $('digest'))),
  )
  const use = store.define('api_keys_use', (q) =>
    q
      .update(t)
      .set({ lastUsedAt: sql`${$('now', t.lastUsedAt)}` })
      .where(eq(t.id, $('id'))),
  )

  async function principalOf(key: string): Promise<Principal> {
    const [row] = await store.read(live, { digest: digestOf(key) })
    const now = clock.now()
    if (!row || row.status !== 'active') throw new TokenRevoked()
    const expiresAt = row.expiresAt?.getTime() ?? Infinity
    if (expiresAt <= now.getTime()) throw new TokenExpired()
    // Written now and then: it says when a key was last used to the minute.
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) >= USE_STEP)
      await store.write(use, { id: row.id, now }).catch(toleratesFull)
    return Object.freeze({
      id: row.userId,
      username: row.username,
      role: row.role,
      // It is nobody's session: nothing that belongs to one takes a key.
      sessionId: '',
      tokenId: `key ${row.id}`,
      type: 'key',
      keyId: row.id,
      // The cast: `create` wrote them.
      scopes: new Set(row.scopes.split(' ') as Scope[]),
      // What is kept is looked at again by then, so that the last use is told.
      expiresAt: Math.min(expiresAt, now.getTime() + USE_STEP),
      issuedAt: row.createdAt.getTime(),
      authenticatedAt: 0,
      rotating: false,
      spent: false,
      ...barOf(row),
    })
  }

  return {
    /** What is known of a key without reading anything, or undefined. @throws Overloaded */
    recall(key: string): Principal | undefined {
      try {
        const known = recent.recall(key)
        return known && known.expiresAt > clock.now().getTime() ? known : undefined
      } catch (error) {
        throw refusalOf(error)
      }
    },
    /** @throws TokenRevoked when there is no such key, TokenExpired; Overloaded when it cannot be found out: then nobody gets in */
    async authenticate(key: string): Promise<Principal> {
      const stamp = recent.stamp()
      try {
        const principal = await principalOf(key)
        recent.remember(key, principal, stamp)
        return principal
      } catch (error) {
        throw refusalOf(error)
      }
    },
  }
}
export type KeyCheck = ReturnType<typeof createKeyCheck>
