import type { ContentTables } from '../db/schema/content-tables.ts'

interface Declared {
  /** One of them: names its events and permissions. */
  name: string
  /** Its table, and what a file and a scope of them are called. */
  table: keyof ContentTables
  /** Who may read one, and is told what happens to it: its owner alone, or whoever is signed in. */
  read: 'owner' | 'signed-in'
}

/** What users own. Whatever does something for each of them (events, removal, archives) loops over this list. */
export const RESOURCES = [
  { name: 'post', table: 'posts', read: 'signed-in' },
  { name: 'todo', table: 'todos', read: 'owner' },
  { name: 'book', table: 'books', read: 'signed-in' },
] as const satisfies readonly Declared[]
export type Resource = (typeof RESOURCES)[number]
/** `never` while a table of what users own is missing above: then nothing that is said by table compiles. */
export type ResourceTable = keyof ContentTables extends Resource['table']
  ? Resource['table']
  : never

const HAPPENINGS = ['created', 'updated', 'deleted'] as const
type Happening = (typeof HAPPENINGS)[number]
/** `todo.updated` */
export type EventType = `${Resource['name']}.${Happening}`

const tellers = new Map<string, Resource>(
  RESOURCES.flatMap((resource) =>
    HAPPENINGS.map((happening) => [`${resource.name}.${happening}`, resource] as const),
  ),
)
/**
 * What a type of event is about, or undefined when it is none of ours: while versions change, another one may have written it to the log.
 * Of such an event nobody knows who may see it, so nobody does.
 */
export const resourceOf = (type: string): Resource | undefined => tellers.get(type)
