import { eq } from '../../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../../db/store.ts'
import type { Version } from '../../version.ts'
import type { AnyResource } from '../resource.ts'
import type { Owner, Row } from './statements.ts'

/** Owners that a transaction has read, by id. */
export type Owners = Map<number, Owner>
/** A record as v2 shows it, and the revisions of all that is in it. */
export interface Shown extends Row {
  /** Of the owner; absent where only owners read. */
  username?: string
  version: Version
}
/** The record as it is shown after a write. */
export type View = (tx: Tx, row: Row, owners?: Owners) => Steps<Shown>

/** Shows records with their owners, or alone where only owners read them. */
export function viewOf(store: Store, { name, read }: AnyResource): View {
  if (read === 'owner')
    // oxlint-disable-next-line require-yield -- nothing but the row is shown
    return function* alone(_tx, row) {
      return shownAlone(row)
    }
  const { users } = store.tables
  const byId = store.define(`${name}_owner`, (q) =>
    q
      .select({ id: users.id, username: users.username, revision: users.revision })
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  return function* withOwner(tx, row, owners = new Map()) {
    const { userId: id } = row
    // The record has an owner as long as it is there.
    const owner = owners.get(id) ?? (yield* tx.run(byId, { id }))[0]!
    owners.set(id, owner)
    return shownWith(row, owner)
  }
}

export const shownAlone = (row: Row): Shown => ({ ...row, version: [row.revision] })
export const shownWith = (row: Row, { username, revision }: Owner): Shown => ({
  ...row,
  username,
  version: [row.revision, revision],
})
