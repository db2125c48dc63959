import type { Assume, BuildColumns } from 'drizzle-orm'
import type { $Type, HasDefault, NotNull } from 'drizzle-orm/column-builder'
import type { PgColumn, PgTableWithColumns } from 'drizzle-orm/pg-core'
import type { Kit } from '../../../db/schema/column-kit.ts'
import type { OwnedTables, OwnerColumn } from '../../../db/schema/tables.ts'
import type { ColumnBuilder, Member } from '../member.ts'
import { type AnyResource, camel, type Camel, type Members } from '../resource.ts'

type Builder<V> =
  NonNullable<V> extends Date
    ? ReturnType<Kit['moment']>
    : NonNullable<V> extends boolean
      ? ReturnType<Kit['flag']>
      : NonNullable<V> extends number
        ? ReturnType<Kit['integer']>
        : $Type<ReturnType<Kit['text']>, NonNullable<V>>
type Own<V, N> = null extends V
  ? Builder<V>
  : N extends 'optional'
    ? HasDefault<NotNull<Builder<V>>>
    : NotNull<Builder<V>>
type Builders<M> = {
  id: ReturnType<Kit['id']>
  userId: OwnerColumn
  searchText: HasDefault<NotNull<ReturnType<Kit['text']>>>
  revision: HasDefault<NotNull<ReturnType<Kit['integer']>>>
} & {
  [K in keyof M & string as Camel<K>]: M[K] extends Member<infer V, infer N> ? Own<V, N> : never
}
/** The table of a resource, as far as the compiler knows it: without the columns that only serve to find and to sort. */
export type TableOf<M extends Members> = PgTableWithColumns<{
  name: string
  schema: undefined
  dialect: 'pg'
  columns: Assume<BuildColumns<string, Builders<M>, 'pg'>, Record<string, PgColumn>>
}>

/** The columns that a member is sorted by, with their names inside. */
export const keysOf = (name: string, { keys }: Member) =>
  (keys?.columns(name) ?? []).map((column) => ({ column, inside: camel(column) }))

/**
 * The table of a resource. What people sort by has a key that sorts the same on both engines: of a text its fold, cut to what an index
 * holds; where a member may be absent, one key for each direction, so that none comes last in both. What they search for is in
 * `search_text`, as search-text.ts writes it; each engine keeps its index over that column by itself.
 */
export function tableOf(resource: AnyResource, kit: Kit, ownerId: () => OwnerColumn) {
  const { table, members, also } = resource
  const columns: Record<string, ColumnBuilder> = {}
  for (const [name, member] of Object.entries(members)) {
    const own = member.column(kit, name)
    columns[camel(name)] = member.nullable ? own : own.notNull()
    for (const [i, { column, inside }] of keysOf(name, member).entries())
      columns[inside] = member.keys!.build(kit, column, i === 0 ? 0 : 1)
  }
  return kit.table(
    table,
    {
      id: kit.id(),
      userId: ownerId(),
      ...columns,
      ...also?.columns?.(kit),
      searchText: kit.text('search_text').notNull().default(''),
      revision: kit.integer('revision').notNull().default(1),
    },
    (t) => indexesOf(resource, kit, t as never),
  )
}

/** An index for each order that a list can have, and for each filter that leads straight to its records. */
function indexesOf(
  { table, members, list, read, unique }: AnyResource,
  kit: Kit,
  t: Record<string, PgColumn>,
) {
  const { id, userId, createdAt } = t as Record<'id' | 'userId' | 'createdAt', PgColumn>
  const index = (name: string, ...on: [PgColumn, ...PgColumn[]]) =>
    kit.index(`${table}_${name}`).on(...on)
  // Every page of a private list is of one owner.
  const within = (column: PgColumn): [PgColumn, ...PgColumn[]] =>
    read === 'owner' ? [userId, column, id] : [column, id]
  return [
    index('user_id', userId, id),
    ...list.sorts.flatMap((name) => {
      const keys = keysOf(name, members[name]!)
      if (keys.length === 0) return index(name, ...within(t[camel(name)]!))
      // A rank stands for its member.
      return keys.map(({ column, inside }) =>
        index(column.replace(/_rank$/, ''), ...within(t[inside]!)),
      )
    }),
    ...Object.values(list.filters).flatMap((filter) => {
      if (!('indexed' in filter)) return []
      const { by, indexed } = filter
      const column = t[camel(by)]!
      return indexed === 'id' ? index(by, column, id) : index(by, column, createdAt, id)
    }),
    ...(read === 'owner' ? [] : [index('user_created_at', userId, createdAt, id)]),
    ...(unique
      ? [kit.uniqueIndex(`${table}_user_id_${unique.member}`).on(userId, t[camel(unique.member)]!)]
      : []),
  ]
}

/** The tables of some resources, for the store to make. */
export const tablesOf =
  (resources: readonly AnyResource[]): OwnedTables =>
  (kit, ownerId) =>
    Object.fromEntries(
      resources.map((resource) => [resource.table, tableOf(resource, kit, ownerId)]),
    )
