import { and, eq, isNull, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { InsufficientRole, TokenRevoked } from '../../base/access-errors.ts'
import type { Actor, Role } from '../../base/actor.ts'
import type { Clock } from '../../base/clock.ts'
import { staleness } from './freshness.ts'

type Caller = Pick<Actor, 'id' | 'sessionId' | 'keyId'>
/** The same, with what they had shown when the request came. */
type Present = Caller & Pick<Actor, 'type' | 'authenticatedAt'>

/**
 * Whether somebody still is signed in when what they ask for is written: their token was checked when the request came, and a recovery
 * of the account may have ended it since; so may the role that let them ask have been taken from them, and a second factor asked for more
 * than they have shown.
 */
export function createSignedIn({ store, clock }: { store: Store; clock: Clock }) {
  const { users, sessions, apiKeys } = store.tables
  const hold = store.define('signed_in_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('id')))
      .returning({ id: users.id }),
  )
  const session = store.define('signed_in_session', (q) =>
    q
      .select({ role: users.role, authenticatedAt: sessions.authenticatedAt })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.id, $('sessionId')),
          isNull(sessions.endedAt),
          eq(users.id, $('id')),
          eq(users.status, 'active'),
        ),
      ),
  )
  const key = store.define('signed_in_key', (q) =>
    q
      // In the place of what a key never has: `checkPresent` does not ask for it.
      .select({ role: users.role, authenticatedAt: apiKeys.createdAt })
      .from(apiKeys)
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(and(eq(apiKeys.id, $('keyId')), eq(users.id, $('id')), eq(users.status, 'active'))),
  )
  /** By what to ask; nothing for an operator, who has neither. */
  const questionOf = ({ id, sessionId, keyId }: Caller) => {
    if (keyId !== undefined) return { statement: key, values: { id, keyId } }
    return sessionId === '' ? undefined : { statement: session, values: { id, sessionId } }
  }
  /** @returns what is known of them now; undefined for an operator @throws TokenRevoked, InsufficientRole */
  function* look(tx: Tx, caller: Caller, role?: Role) {
    const question = questionOf(caller)
    if (!question) return undefined
    const [found] = yield* tx.run(question.statement, question.values)
    if (!found) throw new TokenRevoked()
    if (role && found.role !== role) throw new InsufficientRole()
    return found
  }
  /** @throws TokenRevoked, InsufficientRole, FreshLoginRequired */
  function* checkPresent(tx: Tx, caller: Present, role?: Role): Steps<void> {
    const found = yield* look(tx, caller, role)
    const now = clock.now()
    // Who was not fresh when they asked was let in for something that does not take it, as keys are.
    if (!found || staleness(caller, now)) return
    const fault = staleness({ authenticatedAt: found.authenticatedAt.getTime() }, now)
    if (fault) throw fault
  }

  /** @throws TokenRevoked, InsufficientRole, FreshLoginRequired */
  function* holdAndCheck(tx: Tx, caller: Present, role?: Role): Steps<void> {
    const [account] = yield* tx.run(hold, { id: caller.id })
    if (!account) throw new TokenRevoked()
    yield* checkPresent(tx, caller, role)
  }

  return {
    /**
     * Finds it out within a transaction.
     * @param role that they must still have
     * @throws TokenRevoked when their session or key has ended, InsufficientRole when they have another role by now
     */
    *check(tx: Tx, caller: Caller, role?: Role): Steps<void> {
      yield* look(tx, caller, role)
    },
    /**
     * The same for what may take a fresh session: whoever had one when they asked has it still.
     * @throws TokenRevoked, InsufficientRole as `check`; FreshLoginRequired when another session has put a second factor in force since
     */
    checkPresent,
    /**
     * The same, too, and keeps the account as it is until the transaction ends (a lock on PostgreSQL): whatever ends sessions and keys holds
     * the account first, so it comes before, and is seen here, or comes later, and ends what is made here.
     * @throws TokenRevoked when their session or key has ended, or the account was deleted; InsufficientRole, FreshLoginRequired as
     * `checkPresent`
     */
    hold: holdAndCheck,
    /** A transaction that begins with `hold`. @throws TokenRevoked, FreshLoginRequired */
    transaction: <T>(caller: Present, body: (tx: Tx) => Steps<T>): Promise<T> =>
      store.transaction(function* (tx) {
        yield* holdAndCheck(tx, caller)
        return yield* body(tx)
      }),
    /**
     * What a source yields, as long as its reader is signed in. The stream throws TokenRevoked when they are not any more.
     * @param pause milliseconds between two looks, where parts may be small; one behind each part unless given
     */
    async *during<R>(caller: Caller, source: AsyncIterable<R>, pause = 0): AsyncGenerator<R> {
      const question = questionOf(caller)
      let lookedAt = clock.now().getTime()
      for await (const part of source) {
        yield part
        const now = clock.now().getTime()
        if (!question || now - lookedAt < pause) continue
        lookedAt = now
        const [found] = await store.read(question.statement, question.values)
        if (!found) throw new TokenRevoked()
      }
    },
  }
}
export type SignedIn = ReturnType<typeof createSignedIn>
