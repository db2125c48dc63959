import type { Steps, Tx } from '../../db/store.ts'
import type { Origin } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Familiar } from './familiar.ts'
import type { PairClaims, TokenOwner } from './issue.ts'
import type { Sessions } from './sessions.ts'

export interface EntryDeps {
  audit: Audit
  sessions: Sessions
  familiar: Familiar
  alerts: Alerts
}
interface Manner {
  /** How they showed who they are. */
  action: 'login' | 'login.provider'
  rotating: boolean
  /** The key that will sign. */
  kid: string
}

/** What follows when somebody has shown who they are: a session, a mark and a mail when they come from somewhere new. */
export function createEntry({ audit, sessions, familiar, alerts }: EntryDeps) {
  return function* enter(
    tx: Tx,
    owner: TokenOwner,
    origin: Origin,
    { action, rotating, kid }: Manner,
  ): Steps<PairClaims> {
    const { id } = owner
    const claims = yield* sessions.open(tx, owner, origin, { rotating, kid })
    const unfamiliar = yield* familiar.see(tx, id, origin)
    if (unfamiliar) yield* alerts.loggedIn(tx, id, origin)
    yield* audit.within(tx, {
      action,
      outcome: 'success',
      actorId: id,
      target: { type: 'session', id: claims.access.sid },
      unfamiliar,
      origin,
    })
    return claims
  }
}
export type Entry = ReturnType<typeof createEntry>
