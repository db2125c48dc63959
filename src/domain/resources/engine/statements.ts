import { and, asc, eq, gt, sql } from '../../../db/drizzle.ts'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { manyRows } from '../../../db/many-rows.ts'
import { $, perShape, type Statement, type Store } from '../../../db/store.ts'
import type { Tables } from '../../../db/schema/tables.ts'
import type { AnyResource } from '../resource.ts'
import type { Model, Values } from './model.ts'

/** A row of a table of what users own, by the names of its columns inside. */
export interface Row extends Values {
  id: number
  userId: number
  revision: number
}

/** Of whom a record is, as it is shown with it. */
export interface Owner {
  id: number
  username: string
  revision: number
}

/** The table of a resource, to what does not know which. */
export const sourceOf = (store: Store, { table }: AnyResource) =>
  // The cast: they have in common what the statements use by name.
  (store.tables as unknown as Record<string, Tables['posts']>)[table]!

/** Names the columns of a write: the shape of its statement. */
export const columnsOf = (values: object) => Object.keys(values).toSorted().join(',')

/** The statements of one resource. A shape says which conditions the write has (`own+if+of`), and which columns it sets. */
export function statementsOf(store: Store, resource: AnyResource, model: Model) {
  const { name } = resource
  const table = sourceOf(store, resource)
  const columns = table as unknown as Record<string, PgColumn>
  const { users } = store.tables
  // drizzle infers no rows for columns that it does not know.
  const rows = (statement: unknown) => statement as Statement<Row[]>
  const shown = Object.fromEntries(model.shown.map((inside) => [inside, columns[inside]!]))
  const owner = { id: users.id, username: users.username, revision: users.revision }

  const byId = rows(
    store.define(`${name}_by_id`, (q) =>
      q
        .select(shown)
        .from(table)
        .where(eq(table.id, $('id'))),
    ),
  )
  const withOwner = store.define(`${name}_with_owner`, (q) =>
    q
      .select({ record: shown, owner })
      .from(table)
      .innerJoin(users, eq(users.id, table.userId))
      .where(eq(table.id, $('id'))),
  ) as unknown as Statement<Array<{ record: Row; owner: Owner }>>
  const versions = store.define(`${name}_version`, (q) =>
    q
      .select({ own: table.revision, owner: users.revision })
      .from(table)
      .innerJoin(users, eq(users.id, table.userId))
      .where(eq(table.id, $('id'))),
  )
  const whole = rows(
    store.define(`${name}_whole`, (q) =>
      q
        .select()
        .from(table)
        .where(eq(table.id, $('id'))),
    ),
  )
  const ownerOf = store.define(`${name}_owner_of`, (q) =>
    q
      .select({ userId: table.userId })
      .from(table)
      .where(eq(table.id, $('id'))),
  )
  // Only PostgreSQL has several writers at a time.
  const locks =
    store.engine === 'postgres'
      ? perShape((whose) =>
          store.define(`${name}_lock_${whose}`, (q) =>
            q
              .select({ id: table.id })
              .from(table)
              .where(
                and(
                  sql`${table.id} = any(${$('ids')}::int[])`,
                  whose === 'own' ? eq(table.userId, $('userId')) : undefined,
                ),
              )
              .orderBy(asc(table.id))
              .for('update'),
          ),
        )
      : undefined
  const idsAfter = store.define(`${name}_ids_after`, (q) =>
    q
      .select({ id: table.id })
      .from(table)
      .where(gt(table.id, $('id')))
      .orderBy(asc(table.id))
      .limit($('limit')),
  )
  const inserts = perShape((given) =>
    rows(
      store.define(`${name}_insert_${given}`, (q) =>
        q
          .insert(table)
          // The cast: which columns these are, `create` says.
          .values(placeholders(given) as never)
          .returning(shown),
      ),
    ),
  )
  /** Whose record, and in which state, as conditions of the write itself. */
  const conditions = (shape: string) => [
    eq(table.id, $('id')),
    shape.includes('own') ? eq(table.userId, $('userId')) : undefined,
    shape.includes('if') ? eq(table.revision, $('ifRevision')) : undefined,
    shape.includes('of')
      ? sql`(select ${users.revision} from ${users} where ${users.id} = ${table.userId}) = ${$('ofRevision', users.revision)}`
      : undefined,
  ]
  const removals = perShape((shape) =>
    rows(
      store.define(`${name}_remove_${shape}`, (q) =>
        q
          .delete(table)
          .where(and(...conditions(shape)))
          .returning(),
      ),
    ),
  )
  const updates = perShape((shape) => {
    const [how = '', set = ''] = shape.split(' ')
    return rows(
      store.define(`${name}_update_${shape}`, (q) =>
        q
          .update(table)
          .set({
            ...placeholders(set),
            revision: sql`${table.revision} + 1`,
            updatedAt: sql`${$('now', table.updatedAt)}`,
          })
          .where(and(...conditions(how)))
          .returning(),
      ),
    )
  })
  const derivations = perShape((set) =>
    rows(
      store.define(`${name}_derive_${set}`, (q) =>
        q
          .update(table)
          .set(placeholders(set))
          // Whoever wrote it since it was read has derived them too.
          .where(and(eq(table.id, $('id')), eq(table.revision, $('revision'))))
          .returning(),
      ),
    ),
  )

  function placeholders(names: string) {
    return Object.fromEntries(
      names.split(',').map((column) => [column, sql`${$(column, columns[column]!)}`]),
    )
  }

  return {
    byId,
    withOwner,
    insertMany: manyRows(store, `${name}_insert_many`, table, table.id),
    versions,
    whole,
    ownerOf,
    locks,
    inserts,
    updates,
    removals,
    derivations,
    idsAfter,
  }
}
export type Statements = ReturnType<typeof statementsOf>
