import { and, asc, eq } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Actor } from '../actor.ts'
import type { Activity } from '../audit-activity.ts'
import type { Audit } from '../audit.ts'
import { LinkInvalid } from '../credential-errors.ts'
import { NotFound } from '../errors.ts'
import type { SingleUseTokens } from '../single-use-tokens.ts'

interface ArchiveDeps {
  store: Store
  audit: Audit
  tokens: SingleUseTokens
  activity: Activity
}

/** Everything about one account, for its owner to take along: a link that is good once, and what it leads to. */
export function createArchives({ store, audit, tokens, activity }: ArchiveDeps) {
  const { users, sessions, identities } = store.tables
  const active = store.define('archive_user', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, $('userId')), eq(users.status, 'active'))),
  )
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
  async function owner(userId: number): Promise<number> {
    const [user] = await store.read(active, { userId })
    if (!user) throw new NotFound('Export')
    return userId
  }
  /** To whoever follows a link that is not good any more, there is nothing. */
  function absent(error: unknown): never {
    throw error instanceof LinkInvalid ? new NotFound('Export') : error
  }

  return {
    /** Makes a link to an archive; earlier ones of the same user end. @returns its token, and when it ends: in 5 minutes */
    async offer({ id: userId, origin }: Actor): Promise<{ token: string; expiresAt: Date }> {
      const token = tokens.make()
      const expiresAt = await store.transaction(function* (tx) {
        yield* audit.within(tx, {
          action: 'account.export',
          outcome: 'success',
          actorId: userId,
          target: { type: 'user', id: userId },
          origin,
        })
        return yield* tokens.give(tx, token, 'export', { userId, data: undefined })
      })
      return { token, expiresAt }
    },
    /** Whose archive a link leads to, without spending it. @throws NotFound */
    look: async (token: string) => owner((await tokens.look(token, 'export').catch(absent)).userId),
    /** Spends a link. @returns whose archive it leads to @throws NotFound */
    async redeem(token: string): Promise<number> {
      const { userId } = await store
        .transaction((tx) => tokens.redeem(tx, token, 'export'))
        .catch(absent)
      return owner(userId)
    },
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
