import { and, asc, count, eq, gt, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { RegistrationClosed } from '../../base/access-errors.ts'
import type { Actor, Origin, Role } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { InvitationInvalid, InvitationsExhausted } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import type { Ids } from '../../base/ids.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import { digestOf, mailedToken } from '../single-use-tokens.ts'
import { foldEmail } from './address.ts'
import { checkFields } from './fields.ts'

const DAY = 86_400_000
const LIFE = 7 * DAY
/** That are open at a time, on one server. */
const MOST = 500

export interface Invitation {
  id: number
  /** Whose it is; undefined is anybody who has the token. */
  email: string | undefined
  /** Whether the token went to that address, and to nobody else. */
  mailed: boolean
  /** Of the account that is made with it. */
  role: Role
  /** Undefined is an operator. */
  createdBy: number | undefined
  createdAt: Date
  expiresAt: Date
}
interface InvitationsDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  outbox: Outbox
  alerts: Alerts
  signedIn: SignedIn
  rules: { registration: 'open' | 'invite' | 'closed' }
}

/**
 * Invitations to make an account: 256 random bits, good once, of which the database knows the digest alone. What admins have sent out ends
 * when they are not admins any more, and whenever their account is recovered: an intruder leaves none behind.
 */
export function createInvitations({
  store,
  clock,
  ids,
  audit,
  outbox,
  alerts,
  signedIn,
  rules,
}: InvitationsDeps) {
  const { invitations: t } = store.tables
  const shown = {
    id: t.id,
    email: t.email,
    mailed: t.mailed,
    role: t.role,
    createdBy: t.createdBy,
    createdAt: t.createdAt,
    expiresAt: t.expiresAt,
  }
  type Row = Omit<Invitation, 'email' | 'createdBy'> & {
    email: string | null
    createdBy: number | null
  }
  const present = (row: Row): Invitation => ({
    ...row,
    email: row.email ?? undefined,
    createdBy: row.createdBy ?? undefined,
  })
  const isOpen = gt(t.expiresAt, $('now', t.expiresAt))
  const tally = store.define('invitations_tally', (q) =>
    q.select({ count: count() }).from(t).where(isOpen),
  )
  const insert = store.define('invitations_insert', (q) =>
    q
      .insert(t)
      .values({
        digest: $('digest'),
        email: $('email'),
        emailKey: $('emailKey'),
        mailed: sql`${$('mailed', t.mailed)}`,
        role: $('role'),
        createdBy: sql`${$('createdBy', t.createdBy)}`,
        createdAt: $('now'),
        expiresAt: $('expiresAt'),
      })
      .returning(shown),
  )
  /** An address has one invitation at a time: the newest. */
  const replace = store.define('invitations_replace', (q) =>
    q.delete(t).where(eq(t.emailKey, $('emailKey'))),
  )
  const listed = store.define('invitations_list', (q) =>
    q.select(shown).from(t).where(isOpen).orderBy(asc(t.id)).limit(MOST),
  )
  const byDigest = store.define('invitations_find', (q) =>
    q
      .select(shown)
      .from(t)
      .where(and(eq(t.digest, $('digest')), isOpen)),
  )
  const take = store.define('invitations_take', (q) =>
    q
      .delete(t)
      .where(and(eq(t.digest, $('digest')), isOpen))
      .returning({ id: t.id }),
  )
  const drop = store.define('invitations_drop', (q) =>
    q
      .delete(t)
      .where(and(eq(t.id, $('id')), isOpen))
      .returning({ id: t.id }),
  )
  const dropOf = store.define('invitations_drop_of', (q) =>
    q
      .delete(t)
      .where(eq(t.createdBy, $('userId')))
      .returning({ id: t.id }),
  )

  return {
    /**
     * Invites somebody. The token is mailed where there is an address and mail, and is given back where not, this once.
     * @param actor absent for operators
     * @throws RegistrationClosed when it would let nobody in, ValidationFailed, InvitationsExhausted, TokenRevoked when the actor's session ended meanwhile, InsufficientRole when they are no admin
     * any more
     */
    async create(
      { email: address, role }: { email?: string | undefined; role: Role },
      actor?: Actor,
    ): Promise<Invitation & { token: string | undefined }> {
      if (rules.registration === 'closed') throw new RegistrationClosed()
      const { email } = checkFields({ email: address })
      const token = mailedToken(ids)
      const mailed = email !== undefined && outbox.available
      const now = clock.now()
      const row = await store.transaction(function* (tx) {
        if (actor) yield* signedIn.hold(tx, actor, 'admin')
        const emailKey = email === undefined ? null : foldEmail(email)
        if (emailKey !== null) yield* tx.run(replace, { emailKey })
        const [tallied] = yield* tx.run(tally, { now })
        if (tallied!.count >= MOST) throw new InvitationsExhausted()
        const [made] = yield* tx.run(insert, {
          digest: digestOf(token),
          email: email ?? null,
          emailKey,
          mailed,
          role,
          createdBy: actor?.id ?? null,
          now,
          expiresAt: new Date(now.getTime() + LIFE),
        })
        if (mailed) yield* outbox.enqueue(tx, { task: 'invitation', to: email, token })
        if (actor) yield* alerts.noticed(tx, actor.id, 'An invitation was made')
        yield* audit.within(tx, {
          action: 'invitation.create',
          outcome: 'success',
          actorId: actor?.id,
          target: { type: 'invitation', id: made!.id },
          origin: actor?.origin,
        })
        return made!
      })
      return { ...present(row), token: mailed ? undefined : token }
    },

    /** Those that are open, the oldest first. */
    list: async (): Promise<Invitation[]> =>
      (await store.read(listed, { now: clock.now() })).map(present),

    /** @throws NotFound when none is open that has this id; TokenRevoked, InsufficientRole as `create` */
    async revoke(id: number, actor?: Actor): Promise<void> {
      await store.transaction(function* (tx) {
        if (actor) yield* signedIn.check(tx, actor, 'admin')
        const [gone] = yield* tx.run(drop, { id, now: clock.now() })
        if (!gone) throw new NotFound('Invitation')
        yield* audit.within(tx, {
          action: 'invitation.revoke',
          outcome: 'success',
          actorId: actor?.id,
          target: { type: 'invitation', id },
          origin: actor?.origin,
        })
      })
    },

    /** Ends all that somebody has sent out, as a step of what makes it necessary. @returns how many there were */
    *endOf(tx: Tx, userId: number): Steps<number> {
      return (yield* tx.run(dropOf, { userId })).length
    },

    /** Looks at an invitation without using it. @throws InvitationInvalid when it is none, was used, revoked or has expired */
    async look(token: string): Promise<Invitation> {
      const [row] = await store.read(byDigest, { digest: digestOf(token), now: clock.now() })
      if (!row) throw new InvitationInvalid()
      return present(row)
    },
    /** Uses it up for the account that was made. Of two at once one is too late. @throws InvitationInvalid */
    *accept(tx: Tx, token: string, userId: number, origin: Origin): Steps<void> {
      const [row] = yield* tx.run(take, { digest: digestOf(token), now: clock.now() })
      if (!row) throw new InvitationInvalid()
      yield* audit.within(tx, {
        action: 'invitation.accept',
        outcome: 'success',
        actorId: userId,
        target: { type: 'invitation', id: row.id },
        origin,
      })
    },
  }
}
export type Invitations = ReturnType<typeof createInvitations>
