import { asc, eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import type { Activity } from '../audit-activity.ts'
import type { Audit } from '../audit.ts'
import { TokenRevoked } from '../../base/access-errors.ts'
import { LinkInvalid } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { Redeemed, SingleUseTokens } from '../single-use-tokens.ts'

interface ArchiveDeps {
  store: Store
  audit: Audit
  alerts: Alerts
  tokens: SingleUseTokens
  signedIn: SignedIn
  activity: Activity
}

type Asker = Pick<Actor, 'id' | 'sessionId'>

/** Everything about one account, for its owner to take along: a link that is good once, and what it leads to. */
export function createArchives({ store, audit, alerts, tokens, signedIn, activity }: ArchiveDeps) {
  const { sessions, identities } = store.tables
  const allSessions = store.define('archive_sessions', (q) =>
    q
      .select({
        id: sessions.id,
        created_at: sessions.createdAt,
        last_used_at: sessions.lastUsedAt,
        expires_at: sessions.expiresAt,
        ended_at: sessions.endedAt,
        ip: sessions.ip,
        user_agent: sessions.userAgent,
      })
      .from(sessions)
      .where(eq(sessions.userId, $('userId')))
      .orderBy(asc(sessions.createdAt), asc(sessions.id)),
  )
  const allIdentities = store.define('archive_identities', (q) =>
    q
      .select({
        id: identities.id,
        provider: identities.provider,
        subject: identities.subject,
        email: identities.email,
        created_at: identities.createdAt,
        last_used_at: identities.lastUsedAt,
      })
      .from(identities)
      .where(eq(identities.userId, $('userId')))
      .orderBy(asc(identities.id)),
  )
  /** Whose archive it is, and the session that asked for it. */
  const askerOf = ({ userId, data = '' }: Redeemed): Asker => ({ id: userId, sessionId: data })
  /** To whoever follows a link that is not good any more, or whose session is over, there is nothing. */
  function absent(error: unknown): never {
    throw error instanceof LinkInvalid || error instanceof TokenRevoked
      ? new NotFound('Export')
      : error
  }

  return {
    /**
     * Makes a link to an archive, which ends with the session; earlier ones of the same user end.
     * @returns its token, and when it ends: in 5 minutes
     * @throws TokenRevoked when the session ended meanwhile
     */
    async offer(actor: Actor): Promise<{ token: string; expiresAt: Date }> {
      const { id: userId, sessionId, origin } = actor
      const token = tokens.make()
      const expiresAt = await signedIn.transaction(actor, function* (tx) {
        yield* audit.within(tx, {
          action: 'account.export',
          outcome: 'success',
          actorId: userId,
          target: { type: 'user', id: userId },
          origin,
        })
        yield* alerts.noticed(tx, userId, 'A copy of all your data was asked for')
        return yield* tokens.give(tx, token, 'export', { userId, data: sessionId })
      })
      return { token, expiresAt }
    },
    /** Who asked for the archive that a link leads to, without spending it. @throws NotFound */
    async look(token: string): Promise<Asker> {
      const asker = askerOf(await tokens.look(token, 'export').catch(absent))
      await store.transaction((tx) => signedIn.check(tx, asker)).catch(absent)
      return asker
    },
    /** Spends a link. @returns who asked for the archive that it leads to @throws NotFound */
    redeem: (token: string): Promise<Asker> =>
      store
        .transaction(function* (tx) {
          const asker = askerOf(yield* tokens.redeem(tx, token, 'export'))
          yield* signedIn.check(tx, asker)
          return asker
        })
        .catch(absent),
    /** All sessions of a user, those that have ended too. */
    sessions: (userId: number) => store.read(allSessions, { userId }),
    identities: (userId: number) => store.read(allIdentities, { userId }),
    /** All that one's activity tells, page by page, the newest first. */
    async *activity(id: number) {
      for (let cursor: string | undefined, more = true; more;) {
        const page = await activity.page({ id }, { limit: 100, cursor })
        yield page.records
        cursor = page.next
        more = cursor !== undefined
      }
    },
  }
}
export type Archives = ReturnType<typeof createArchives>
