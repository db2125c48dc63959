import { and, eq, isNotNull, isNull, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx, wakeAll } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Invitations } from './invitations.ts'
import type { Sessions } from '../sessions/sessions.ts'

interface RecoveryDeps {
  store: Store
  clock: Clock
  sessions: Sessions
  invitations: Pick<Invitations, 'endOf'>
}

/** What is told of each thing that ended, when there is one and when there are more. */
const WORDS = {
  sessions: ['session', 'sessions'],
  keys: ['API key', 'API keys'],
  identities: ['linked sign-in', 'linked sign-ins'],
  addresses: ['pending address', 'pending addresses'],
  mailed: ['mailed link', 'mailed links'],
  exports: ['export link', 'export links'],
  invitations: ['invitation', 'invitations'],
  offers: ['unconfirmed second factor', 'unconfirmed second factors'],
} as const
type Ended = Partial<Record<keyof typeof WORDS, number>>

/**
 * Ends what somebody else may have set going in an account, so that whoever has recovered it is alone in it. Everything that belongs to a
 * user and could act later is here, in one transaction with what makes it necessary. That must hold the account before (a lock on
 * PostgreSQL): what is being made at the same moment is then there to be ended, or finds its session gone.
 */
export function createRecovery({ store, clock, sessions, invitations }: RecoveryDeps) {
  const t = store.tables
  const { users, identities, totpFactors } = t
  /** But for one that must be confirmed before anything else: only the registration can have set that, and there is no way on without it. */
  const pending = store.define('recovery_pending_address', (q) =>
    q
      .update(users)
      .set({ pendingEmail: null })
      .where(
        and(
          eq(users.id, $('userId')),
          isNotNull(users.pendingEmail),
          eq(users.emailMustConfirm, false),
        ),
      )
      .returning({ id: users.id }),
  )
  const tokens = store.define('recovery_tokens', (q) =>
    q
      .delete(t.singleUseTokens)
      .where(eq(t.singleUseTokens.userId, $('userId')))
      .returning({ purpose: t.singleUseTokens.purpose, expiresAt: t.singleUseTokens.expiresAt }),
  )
  const keys = store.define('recovery_keys', (q) =>
    q
      .delete(t.apiKeys)
      .where(eq(t.apiKeys.userId, $('userId')))
      // Their streams of events end now.
      .returning({ expiresAt: t.apiKeys.expiresAt, told: wakeAll(store) }),
  )
  /**
   * The sign-in that the account came of is its owner's, unless somebody has confirmed an address by other means since: then whoever
   * founded the account may be a stranger to them, as is whoever has linked anything.
   */
  const isOwners = sql`${identities.founding} and ${identities.createdAt} >= coalesce((select ${users.emailVerifiedAt} from ${users} where ${users.id} = ${identities.userId}), ${identities.createdAt})`
  const links = store.define('recovery_identities', (q) =>
    q
      .delete(identities)
      .where(and(eq(identities.userId, $('userId')), sql`not (${isOwners})`))
      .returning({ id: identities.id }),
  )
  const offers = store.define('recovery_offers', (q) =>
    q
      .delete(totpFactors)
      .where(and(eq(totpFactors.userId, $('userId')), isNull(totpFactors.confirmedAt)))
      .returning({ id: totpFactors.id }),
  )
  /** What the account knows is not known any more: it may be where the intruder sits. */
  const places = store.define('recovery_places', (q) =>
    q.delete(t.familiarOrigins).where(eq(t.familiarOrigins.userId, $('userId'))),
  )

  /** What waits for somebody: an address that nobody has confirmed, the links of mails and of exports, and who was invited. */
  function* endPending(tx: Tx, userId: number): Steps<Ended> {
    const addresses = yield* tx.run(pending, { userId })
    const gone = (yield* tx.run(tokens, { userId })).filter(isAlive)
    const exports = gone.filter(({ purpose }) => purpose === 'export').length
    return {
      addresses: addresses.length,
      exports,
      mailed: gone.length - exports,
      invitations: yield* invitations.endOf(tx, userId),
    }
  }
  function* endKeys(tx: Tx, userId: number): Steps<number> {
    return (yield* tx.run(keys, { userId })).filter(isAlive).length
  }
  const isAlive = ({ expiresAt }: { expiresAt: Date | null }) =>
    expiresAt === null || expiresAt > clock.now()

  return {
    /**
     * For a recovery: a new password by mail or by an operator, and a suspension. A second factor that is confirmed stays: a mailbox does
     * not stand for it.
     * @returns what ended, in words, when anything did
     */
    *endAll(tx: Tx, userId: number): Steps<string | undefined> {
      const ended: Ended = {
        sessions: yield* sessions.endAll(tx, userId),
        keys: yield* endKeys(tx, userId),
        identities: (yield* tx.run(links, { userId })).length,
        ...(yield* endPending(tx, userId)),
        offers: (yield* tx.run(offers, { userId })).length,
      }
      yield* tx.run(places, { userId })
      return inWords(ended)
    },
    /**
     * For a change of the password by its owner, who goes on in one session.
     * @param apiKeys whether the keys end, too: programs that use them stop
     * @returns what ended, in words, when anything did
     * @throws TokenRevoked when that session has ended
     */
    *endOthers(
      tx: Tx,
      userId: number,
      { sessionId, apiKeys }: { sessionId: string; apiKeys: boolean },
    ): Steps<string | undefined> {
      return inWords({
        sessions: yield* sessions.endOthers(tx, userId, sessionId),
        ...(apiKeys && { keys: yield* endKeys(tx, userId) }),
        ...(yield* endPending(tx, userId)),
      })
    },
  }
}
export type Recovery = ReturnType<typeof createRecovery>

/** `2 sessions, 1 API key` */
function inWords(ended: Ended): string | undefined {
  const parts = Object.entries(WORDS).flatMap(([name, [one, more]]) => {
    // The cast: they are those of WORDS.
    const count = ended[name as keyof Ended] ?? 0
    return count === 0 ? [] : [`${count} ${count === 1 ? one : more}`]
  })
  return parts.length > 0 ? parts.join(', ') : undefined
}
