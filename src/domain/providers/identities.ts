import { and, desc, eq, isNotNull, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx, violatedUnique } from '../../db/store.ts'
import { asSpelledFirst, hasAddress, keysOf } from '../accounts/email-keys.ts'
import type { Actor, Origin } from '../../base/actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { IdentityTaken, LastWayIn } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { Arrival, Codes } from './codes.ts'

export interface Identity {
  id: number
  provider: string
  /** What the provider last said. */
  email: string | null
  createdAt: Date
  lastUsedAt: Date
}
export interface IdentityDeps {
  store: Store
  clock: Clock
  audit: Audit
  alerts: Alerts
  codes: Codes
  signedIn: SignedIn
  /** The names of the providers that can be signed in with now. */
  providers: readonly string[]
}

/** So many are shown. */
const MOST = 100
const WHAT = 'The linked sign-ins'

/** Who an account is elsewhere. An identity belongs to one account, and an account may have several. */
export function createIdentities({
  store,
  clock,
  audit,
  alerts,
  codes,
  signedIn,
  providers,
}: IdentityDeps) {
  const { identities: t, users } = store.tables
  const isArrival = and(eq(t.provider, $('provider')), eq(t.subject, $('subject')))
  const owner = { id: users.id, role: users.role, status: users.status }
  const shown = {
    id: t.id,
    provider: t.provider,
    email: t.email,
    createdAt: t.createdAt,
    lastUsedAt: t.lastUsedAt,
  }
  const ownerByIdentity = store.define('identity_owner', (q) =>
    q.select(owner).from(t).innerJoin(users, eq(users.id, t.userId)).where(isArrival),
  )
  const ownerByEmail = store.define('identity_owner_by_email', (q) =>
    q
      .select(owner)
      .from(users)
      .where(and(hasAddress(users), isNotNull(users.emailVerifiedAt)))
      .orderBy(asSpelledFirst(users)),
  )
  /** Keeps an account as it is until the transaction ends: a lock on PostgreSQL. */
  const hold = store.define('identity_hold', (q) =>
    q
      .update(users)
      .set({ revision: sql`${users.revision}` })
      .where(eq(users.id, $('userId')))
      .returning({ passwordSet: users.passwordSet }),
  )
  const touch = store.define('identity_touch', (q) =>
    q
      .update(t)
      .set({
        email: sql`${$('email', t.email)}`,
        lastUsedAt: sql`${$('now', t.lastUsedAt)}`,
      })
      .where(isArrival),
  )
  const insert = store.define('identity_insert', (q) =>
    q
      .insert(t)
      .values({
        userId: sql`${$('userId')}`,
        provider: $('provider'),
        subject: $('subject'),
        email: $('email'),
        founding: $('founding'),
        createdAt: $('now'),
        lastUsedAt: $('now'),
      })
      .returning(shown),
  )
  const mine = eq(t.userId, $('userId'))
  const own = store.define('identities_own', (q) =>
    q.select(shown).from(t).where(mine).orderBy(desc(t.lastUsedAt), desc(t.id)).limit(MOST),
  )
  const one = store.define('identity_own', (q) =>
    q
      .select(shown)
      .from(t)
      .where(and(mine, eq(t.id, $('id')))),
  )
  const others = store.define('identities_others', (q) =>
    q
      .select({ provider: t.provider })
      .from(t)
      .where(and(mine, ne(t.id, $('id')))),
  )
  const drop = store.define('identity_drop', (q) =>
    q
      .delete(t)
      .where(and(mine, eq(t.id, $('id'))))
      .returning({ id: t.id }),
  )
  const keyOf = ({ provider, profile: { subject } }: Arrival) => ({ provider, subject })

  function* tell(tx: Tx, userId: number, id: number, action: Action, origin: Origin): Steps<void> {
    yield* audit.within(tx, {
      action,
      outcome: 'success',
      actorId: userId,
      target: { type: 'identity', id },
      origin,
    })
  }
  const alert = (tx: Tx, userId: number) => alerts.changed(tx, userId, WHAT)
  /**
   * Links an identity that is nobody's; a unique violation means that somebody was faster.
   * @param founding whether the account came of it
   */
  function* attach(
    tx: Tx,
    userId: number,
    arrival: Arrival,
    { origin, founding }: { origin: Origin; founding: boolean },
  ): Steps<Identity> {
    const email = arrival.profile.email ?? null
    const now = clock.now()
    const [identity] = yield* tx.run(insert, { userId, email, founding, now, ...keyOf(arrival) })
    yield* tell(tx, userId, identity!.id, 'identity.link', origin)
    return identity!
  }

  return {
    hold,
    attach,
    alert,
    /**
     * The account that somebody signs in to: the one that they are linked to, else the one whose confirmed address the provider has
     * verified, too. An address that either side has not confirmed shows nothing.
     */
    *ownerOf(tx: Tx, arrival: Arrival) {
      const [linked] = yield* tx.run(ownerByIdentity, keyOf(arrival))
      if (linked) return { ...linked, isLinked: true }
      const { email, emailVerified } = arrival.profile
      if (!email || !emailVerified) return undefined
      const [verified] = yield* tx.run(ownerByEmail, keysOf(email))
      return verified && { ...verified, isLinked: false }
    },
    /** Notes that an identity was used, and what the provider says by now. */
    *use(tx: Tx, arrival: Arrival): Steps<void> {
      const email = arrival.profile.email ?? null
      yield* tx.run(touch, { email, now: clock.now(), ...keyOf(arrival) })
    },

    /** The 100 that were used last. */
    list: ({ id: userId }: Actor): Promise<Identity[]> => store.read(own, { userId }),
    /** @throws NotFound when it is not the actor's */
    async find({ id: userId }: Actor, id: number): Promise<Identity> {
      const [identity] = await store.read(one, { userId, id })
      if (!identity) throw new NotFound('Identity')
      return identity
    },

    /**
     * Links whoever arrived with a code to the account of the actor, who began that sign-in.
     * @throws LinkInvalid, IdentityTaken; TokenRevoked when the session or the account ended meanwhile
     */
    async link(actor: Actor, code: string, verifier: string): Promise<Identity> {
      const arrival = codes.openCode(code, verifier)
      return signedIn
        .transaction(actor, function* (tx) {
          yield* codes.spend(tx, code)
          const identity = yield* attach(tx, actor.id, arrival, {
            origin: actor.origin,
            founding: false,
          })
          yield* alert(tx, actor.id)
          return identity
        })
        .catch((error: unknown) => {
          throw violatedUnique(error) === undefined ? error : new IdentityTaken()
        })
    },

    /**
     * Takes an identity away. What must stay is a password that its owner knows, or an identity at a provider that there still is.
     * @throws NotFound, LastWayIn; TokenRevoked as `link`
     */
    async unlink(actor: Actor, id: number): Promise<void> {
      const { id: userId, origin } = actor
      await store.transaction(function* (tx) {
        // Held, so that of two that are taken away at once one stays.
        const [user] = yield* tx.run(hold, { userId })
        yield* signedIn.checkPresent(tx, actor)
        const [gone] = yield* tx.run(drop, { userId, id })
        if (!gone) throw new NotFound('Identity')
        const left = yield* tx.run(others, { userId, id })
        const isUsable = left.some(({ provider }) => providers.includes(provider))
        if (!user?.passwordSet && !isUsable) throw new LastWayIn()
        yield* tell(tx, userId, id, 'identity.unlink', origin)
        yield* alert(tx, userId)
      })
    },
  }
}
export type Identities = ReturnType<typeof createIdentities>
