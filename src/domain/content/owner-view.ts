import { eq } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Version } from '../version.ts'
import type { Owners } from './owned-resource.ts'
import type { OwnedTable, Shown } from './owned-statements.ts'

/** Shows a record with its owner, and the revisions of both: those that are in what is shown. */
export function ownerView<T extends OwnedTable>(store: Store, name: string) {
  const { users } = store.tables
  const byId = store.define(`${name}_owner`, (q) =>
    q
      .select({ id: users.id, username: users.username, revision: users.revision })
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  return function* view(
    tx: Tx,
    row: Shown<T>,
    owners: Owners = new Map(),
  ): Steps<Shown<T> & { username: string; version: Version }> {
    const { userId: id, revision } = row
    // The record has an owner as long as it is there.
    const owner = owners.get(id) ?? (yield* tx.run(byId, { id }))[0]!
    owners.set(id, owner)
    return { ...row, username: owner.username, version: [revision, owner.revision] }
  }
}
