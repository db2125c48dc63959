import type { Clock } from '../../base/clock.ts'
import type { Steps, Store, Tx } from '../../db/store.ts'
import type { Audit } from '../audit.ts'
import type { Changes } from '../changes.ts'
import type { Resource } from '../resources.ts'
import type { Secrets } from '../secrets.ts'
import type { OwnedTable, Owner, Row, Shown } from './owned-statements.ts'

export interface ContentDeps {
  store: Store
  clock: Clock
  audit: Audit
  changeLog: Changes
  secrets: Secrets
}
/** Owners that a transaction has read, by id. */
export type Owners = Map<number, Owner>

/** What is special about one kind of what users own. */
export interface Owned<T extends OwnedTable, I, V> {
  /** `post`: names the statements, the audit's targets and the changes. */
  name: Resource['name']
  /** `Post`, as in "Post not found". */
  one: string
  /** `posts`, as in "You can only edit your own posts". */
  many: string
  /** The columns of a new record. @throws ValidationFailed */
  complete(input: I): Partial<Row<T>>
  /** The columns to set. @throws ValidationFailed */
  check(changes: Partial<I>): Partial<I>
  /** The error for a record like one that is there already. */
  conflict?(): Error
  /** The columns that follow from the others, such as what the record is sorted and searched by. */
  derive(row: Shown<T>): Partial<Row<T>>
  /** The record as it is shown after a write. */
  view(tx: Tx, row: Shown<T>, owners?: Owners): Steps<V>
}
