import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Admission, Admitted } from '../accounts/admission.ts'
import { normalise } from '../accounts/fields.ts'
import { fold } from '../../base/text.ts'
import { UNUSABLE } from '../accounts/passwords.ts'
import type { Invitations } from '../accounts/invitations.ts'
import { type Likeness, mixesScripts, skeletonOf } from '../accounts/likeness.ts'
import type { Actor, Origin, Role } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ids } from '../../base/ids.ts'
import type { Outbox } from '../mail/outbox.ts'
import { searchText } from '../search/search-text.ts'
import type { Secrets } from '../secrets.ts'
import { normalised } from '../../base/stream-safe.ts'
import type { Profile } from './provider.ts'

/** Characters of a derived name; the rest is for what makes it unique. */
const LONGEST = 24

export interface NewcomerDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  secrets: Secrets
  outbox: Outbox
  emails: {
    /** Makes an address an account's own. */
    own(tx: Tx, userId: number, email: string): Steps<unknown>
  }
  admission: Pick<Admission, 'newcomer'>
  invitations: Pick<Invitations, 'accept'>
  distinct: Likeness
}
/** Somebody new, as the operator lets them in. */
export type Newcomer = Admitted & { token: string | undefined }

/** Accounts of people who come from a provider. */
export function createNewcomers({
  store,
  clock,
  ids,
  audit,
  secrets,
  outbox,
  emails,
  admission,
  invitations,
  distinct,
}: NewcomerDeps) {
  const { users } = store.tables
  const insert = store.define('newcomer_insert', (q) =>
    q
      .insert(users)
      .values({
        username: $('username'),
        usernameKey: $('usernameKey'),
        usernameSkeleton: $('usernameSkeleton'),
        searchText: $('searchText'),
        pendingEmail: $('pendingEmail'),
        passwordHash: UNUSABLE,
        passwordSecret: secrets.current,
        passwordSet: false,
        role: $('role'),
        status: 'active',
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning({ id: users.id, role: users.role }),
  )

  return {
    /**
     * Whether somebody may come in. An address that the provider has not verified is nobody's.
     * @param token of an invitation
     * @throws RegistrationClosed, InvitationRequired, InvitationInvalid, DomainNotAllowed
     */
    async admit({ email, emailVerified }: Profile, token: string | undefined): Promise<Newcomer> {
      return { ...(await admission.newcomer(emailVerified ? email : undefined, token)), token }
    },

    /** A username for somebody; from the second try on one that hardly anybody can have. */
    nameFor(profile: Profile, attempt: number): string {
      const name = nameOf(profile) ?? 'user'
      if (attempt === 1 && name !== 'user') return name
      const hex = ids.bytes(3).toString('hex')
      const unique = `${name}-${hex}`
      // Its letters are Latin; digits go with every script.
      return mixesScripts(unique) ? `${name}-${Number.parseInt(hex, 16) % 10_000_000}` : unique
    },

    /**
     * Creates an account whose password nobody knows. An address that the provider has verified is the account's own, and is lost to
     * whoever has it without having confirmed it; any other waits for its owner to confirm it. So does one that was invited, unless
     * that is how the invitation came.
     * A unique violation means that somebody was faster.
     * @throws ValidationFailed when the name could be taken for another, InvitationInvalid when it was used up meanwhile
     */
    *create(
      tx: Tx,
      username: string,
      profile: Profile,
      { role, email: admitted, isConfirmed, token }: Newcomer,
      origin: Origin,
    ): Steps<Pick<Actor, 'id'> & { role: Role }> {
      const email = admitted ?? profile.email
      const isOwn = isConfirmed || (profile.emailVerified && email === profile.email)
      const [created] = yield* tx.run(insert, {
        username,
        usernameKey: fold(username),
        usernameSkeleton: skeletonOf(username),
        searchText: searchText([username]),
        pendingEmail: (!isOwn && email) || null,
        role,
        now: clock.now(),
      })
      const { id } = created!
      yield* distinct(tx, id, username)
      if (email && isOwn) yield* emails.own(tx, id, email)
      else if (email) yield* outbox.enqueue(tx, { task: 'email.verify', userId: id, email })
      yield* audit.within(tx, {
        action: 'register',
        outcome: 'success',
        actorId: id,
        target: { type: 'user', id },
        origin,
      })
      if (token !== undefined) yield* invitations.accept(tx, token, id, origin)
      return created!
    },
  }
}
export type Newcomers = ReturnType<typeof createNewcomers>

/** The first of somebody's names that a username can be made of. */
function nameOf({ names, email }: Profile): string | undefined {
  for (const text of [...names, email ?? '']) {
    const [local = ''] = text.split('@')
    const readable = normalised(local, 'NFKC').replaceAll(/[^\p{L}\p{M}\p{Nd}._-]+/gu, '-')
    const short = Array.from(readable).slice(0, LONGEST).join('')
    const username = normalise('username', short.replaceAll(/^[._-]+|[._-]+$/g, ''))
    if (username !== undefined && !mixesScripts(username)) return username
  }
  return undefined
}
