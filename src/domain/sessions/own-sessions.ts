import { and, desc, eq, gt, isNull, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { TokenRevoked } from '../../base/access-errors.ts'
import type { Settle } from '../accounts/confirmation.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { NotFound } from '../../base/errors.ts'
import type { SessionRules } from './issue.ts'
import type { Sessions } from './sessions.ts'

export interface OpenSession {
  id: string
  createdAt: Date
  lastUsedAt: Date
  /** When it ends if nobody uses it: it idles out, or its absolute life is over. */
  expiresAt: Date
  ip: string
  userAgent: string | undefined
}
interface OwnSessionDeps {
  store: Store
  clock: Clock
  audit: Audit
  sessions: Sessions
  rules: SessionRules
}

/** What a user sees of their sessions, and does with them. Nobody is told of those of others. */
export function createOwnSessions({ store, clock, audit, sessions, rules }: OwnSessionDeps) {
  const { sessions: table } = store.tables
  const open = store.define('own_sessions_open', (q) =>
    q
      .select()
      .from(table)
      .where(
        and(
          eq(table.userId, $('userId')),
          isNull(table.endedAt),
          gt(table.expiresAt, $('now', table.expiresAt)),
          gt(table.lastUsedAt, $('idleSince', table.lastUsedAt)),
        ),
      )
      .orderBy(desc(table.lastUsedAt), table.id),
  )
  const confirm = store.define('own_sessions_confirm', (q) =>
    q
      .update(table)
      .set({ authenticatedAt: sql`${$('now', table.authenticatedAt)}` })
      .where(and(eq(table.id, $('id')), isNull(table.endedAt)))
      .returning({ id: table.id }),
  )

  return {
    /** The sessions that a refresh would be accepted in, the last used first: at most 100. */
    async list({ id }: Pick<Actor, 'id'>): Promise<OpenSession[]> {
      const now = clock.now()
      const idle = rules.sessionIdle * 1000
      const idleSince = new Date(now.getTime() - idle)
      const rows = await store.read(open, { userId: id, now, idleSince })
      return rows.map(({ lastUsedAt, expiresAt, userAgent, ...session }) => ({
        ...session,
        lastUsedAt,
        expiresAt: new Date(Math.min(expiresAt.getTime(), lastUsedAt.getTime() + idle)),
        userAgent: userAgent ?? undefined,
      }))
    },

    /** Ends one session of the actor's. @throws NotFound when they have no such open session. */
    async end(actor: Actor, sessionId: string): Promise<void> {
      await store.transaction(function* (tx) {
        if (!(yield* sessions.end(tx, actor.id, sessionId))) throw new NotFound('Session')
        yield* audit.within(tx, {
          action: 'session.end',
          outcome: 'success',
          actorId: actor.id,
          target: { type: 'session', id: sessionId },
          origin: actor.origin,
        })
      })
    },

    /**
     * Makes the actor's session fresh: they have just shown who they are.
     * @throws TokenRevoked when it ended meanwhile, and what `settle` throws
     */
    async confirm(actor: Actor, settle: Settle): Promise<void> {
      await store.transaction(function* (tx) {
        yield* settle(tx)
        const [session] = yield* tx.run(confirm, { id: actor.sessionId, now: clock.now() })
        if (!session) throw new TokenRevoked()
        yield* audit.within(tx, {
          action: 'reauthenticate',
          outcome: 'success',
          actorId: actor.id,
          target: { type: 'session', id: actor.sessionId },
          origin: actor.origin,
        })
      })
    },
  }
}
