import { book } from './book.ts'
import { type TableOf, tablesOf } from './engine/table.ts'
import { post } from './post.ts'
import type { AnyResource, Kept, RecordOf } from './resource.ts'
import { todo } from './todo.ts'

/** What users own. Whatever does something for each of them (tables, routes, events, removal, archives, scopes) loops over this list. */
export const RESOURCES = [post, todo, book] as const satisfies readonly AnyResource[]
export type Resource = (typeof RESOURCES)[number]
export type ResourceTable = Resource['table']
export type ResourceName = Resource['name']

export { book, post, todo }

/** What a record of each is, inside. */
export type PostRecord = RecordOf<typeof post.members> & Kept
export type TodoRecord = RecordOf<typeof todo.members> & Kept
export type BookRecord = RecordOf<typeof book.members> & Kept

/** The one of a table, which is among them. */
export const resourceAt = (table: ResourceTable): Resource =>
  RESOURCES.find((resource) => resource.table === table)!

export const ownedTables = tablesOf(RESOURCES)

declare module '../../db/schema/tables.ts' {
  interface DeclaredTables extends Declared {}
}
type Declared = { [R in Resource as R['table']]: TableOf<R['members']> }
