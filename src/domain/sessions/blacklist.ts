import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Principal } from './principal.ts'

/** Single tokens that are refused before they expire. */
export function createBlacklist({ store, clock }: { store: Store; clock: Clock }) {
  const { tokenBlacklist } = store.tables
  const insert = store.define('token_blacklist_insert', (q) =>
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

  /** Refuses a token from now on, within the transaction of what makes it necessary. */
  return function* blacklist(tx: Tx, token: Principal, reason: 'logout' | 'revoked'): Steps<void> {
    yield* tx.run(insert, {
      jti: token.tokenId,
      tokenType: token.type,
      userId: token.id,
      expiresAt: new Date(token.expiresAt),
      now: clock.now(),
      reason,
    })
  }
}
