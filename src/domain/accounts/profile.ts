import { and, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Tx } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import { EmailTaken } from '../../base/errors.ts'
import { searchText } from '../search/search-text.ts'
import type { Account } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { type createChanges, emailColumns } from './changes.ts'
import { hasAddress, keysOf } from './email-keys.ts'
import { fold } from '../../base/text.ts'
import { skeletonOf } from './likeness.ts'

export interface AccountChanges {
  username?: string | undefined
  /** null clears it, as it does the next */
  email?: string | null | undefined
  phone?: string | null | undefined
}
export interface UpdateOptions {
  ifMatch?: readonly number[] | undefined
  emailPending?: boolean
}

type ProfileDeps = Pick<AccountDeps, 'store' | 'distinct' | 'outbox'> &
  Pick<ReturnType<typeof createChanges>, 'change' | 'addressChanged'>

/** How people change what is known of them. */
export function createProfile({ store, distinct, outbox, change, addressChanged }: ProfileDeps) {
  const { users } = store.tables
  const another = store.define('profile_address_of_another', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(and(hasAddress(users), ne(users.id, sql`${$('id', users.id)}`))),
  )
  /**
   * Whether a new address waits for its owner although nobody asked for that: a stranger in the account would put theirs, which nobody has
   * confirmed, in the place of the one that the way back in leads to. Nor may they take that away first.
   */
  const mustWait = ({ email, emailVerifiedAt }: Account) =>
    outbox.available && (email === undefined || emailVerifiedAt !== undefined)

  /** As `update` of the accounts, of fields that have been checked. */
  return async function changeProfile(
    actor: Actor,
    id: number,
    { username, email, phone }: AccountChanges,
    { ifMatch, emailPending = false }: UpdateOptions,
  ): Promise<Account> {
    return change(id, {
      actor,
      actions: ['account.update'],
      ifMatch,
      isOwn: true,
      set: (before) => ({
        ...(username !== undefined && usernameColumns(username)),
        ...(email !== undefined && emailColumns(email, emailPending || mustWait(before), before)),
        ...(phone !== undefined && { phone }),
      }),
      *tell(tx, before, after) {
        const { username: now } = after
        // Whoever has such a name from before keeps it.
        if (fold(now) !== fold(before.username)) yield* distinct(tx, id, now)
        if (after.pendingEmail !== undefined && !emailPending)
          yield* refuseAnothers(tx, id, after.pendingEmail)
        yield* addressChanged(tx, before, after)
      },
    })
  }

  /** Whoever is told when an address is taken is told where it waits, too. @throws EmailTaken */
  function* refuseAnothers(tx: Tx, id: number, email: string): Steps<void> {
    const [holder] = yield* tx.run(another, { ...keysOf(email), id })
    if (holder) throw new EmailTaken()
  }
}

const usernameColumns = (username: string) => ({
  username,
  usernameKey: fold(username),
  usernameSkeleton: skeletonOf(username),
  searchText: searchText([username]),
})
