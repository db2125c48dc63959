import { and, asc, eq, gt, inArray, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Tables } from '../../db/schema/tables.ts'
import type { Indexed } from '../resources/engine/reindex.ts'
import { foldAsSpelled, foldEmail } from './address.ts'

/** Ids of two accounts that have one mailbox, in two spellings. The later one keeps the key that it had. */
export type SharedMailbox = readonly [holder: number, other: number]

/** By what an account is found for an address, as `hasAddress` and `asSpelledFirst` ask for it. */
export const keysOf = (email: string) => ({
  key: foldEmail(email),
  spelled: foldAsSpelled(email),
})
/** More than one account has it only where both had before domains were compared in ASCII. */
export const hasAddress = ({ emailKey }: Tables['users']) =>
  inArray(emailKey, [$('key'), $('spelled')])
/** Of two that are one mailbox, each is found as it is spelled. */
export const asSpelledFirst = ({ emailKey }: Tables['users']) =>
  sql`case when ${emailKey} = ${$('spelled', emailKey)} then 0 else 1 end`

/** Brings the keys of addresses that were kept before domains were compared in ASCII in line with those of today. */
export function indexedEmails(store: Store): Indexed & { shared(): SharedMailbox[] } {
  const { users } = store.tables
  const shared = new Map<number, SharedMailbox>()
  const idsAfter = store.define('email_ids_after', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(gt(users.id, $('id')))
      .orderBy(asc(users.id))
      .limit($('limit')),
  )
  const find = store.define('email_of', (q) =>
    q
      .select({ email: users.email, emailKey: users.emailKey })
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  const holderOf = store.define('email_holder', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(eq(users.emailKey, $('key'))),
  )
  const derive = store.define('email_derive', (q) =>
    q
      .update(users)
      .set({ emailKey: sql`${$('key', users.emailKey)}` })
      // Whoever changed it since has derived it too.
      .where(and(eq(users.id, $('id')), eq(users.email, $('email')))),
  )
  return {
    name: 'user_email',
    *after(tx: Tx, id: number, limit: number): Steps<number[]> {
      return (yield* tx.run(idsAfter, { id, limit })).map((row) => row.id)
    },
    *settle(tx: Tx, id: number): Steps<void> {
      const [row] = yield* tx.run(find, { id })
      if (!row || row.email === null) return
      const { email } = row
      const key = foldEmail(email)
      if (row.emailKey === key) return
      const [holder] = yield* tx.run(holderOf, { key })
      if (holder) shared.set(id, [holder.id, id])
      else yield* tx.run(derive, { id, email, key })
    },
    // One of them may give its address up: looked at again at the next start.
    isDone: () => shared.size === 0,
    shared: () => [...shared.values()],
  }
}
