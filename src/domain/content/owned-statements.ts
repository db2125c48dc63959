import { and, asc, eq, getTableColumns, gt, sql } from '../../db/drizzle.ts'
import { manyRows } from '../../db/many-rows.ts'
import { $, perShape, type Statement, type Store } from '../../db/store.ts'
import type { Tables } from '../../db/schema/tables.ts'

export type OwnedTable = Tables['posts'] | Tables['todos'] | Tables['books']
export type Row<T extends OwnedTable> = T['$inferSelect']
/** Columns that only serve to find and to sort. Some are as long as the record. */
const UNSEEN = [
  'searchText',
  'titleKey',
  'titleSort',
  'descriptionKey',
  'authorSort',
  'dueAscending',
  'dueDescending',
  'priorityRank',
  'yearAscending',
  'yearDescending',
] as const
/** What is read of a record to show it. */
export type Shown<T extends OwnedTable> = Omit<Row<T>, (typeof UNSEEN)[number]>

/** Of whom a record is, as it is shown with it. */
export interface Owner {
  id: number
  username: string
  revision: number
}

/** Names the columns of a write: the shape of its statement. */
export const columnsOf = (values: object) => Object.keys(values).toSorted().join(',')

export function shownColumns<T extends OwnedTable>(table: T) {
  const unseen = new Set<string>(UNSEEN)
  const columns = Object.entries(getTableColumns(table)).filter(([name]) => !unseen.has(name))
  // The cast: entries lose the names.
  return Object.fromEntries(columns) as Omit<T['_']['columns'], (typeof UNSEEN)[number]>
}

/** The statements of one owned table. A shape says which conditions the write has (`own+if+of`), and which columns it sets. */
export function ownedStatements<T extends OwnedTable>(store: Store, source: T, name: string) {
  // drizzle infers no rows for a generic table: the statements below use only what all three share.
  const table = source as Tables['posts']
  const { users } = store.tables
  const rows = (statement: unknown) => statement as Statement<Array<Row<T>>>
  const shown = shownColumns(table)
  const owner = { id: users.id, username: users.username, revision: users.revision }

  const byId = store.define(`${name}_by_id`, (q) =>
    q
      .select(shown)
      .from(table)
      .where(eq(table.id, $('id'))),
  ) as unknown as Statement<Array<Shown<T>>>
  const withOwner = store.define(`${name}_with_owner`, (q) =>
    q
      .select({ record: shown, owner })
      .from(table)
      .innerJoin(users, eq(users.id, table.userId))
      .where(eq(table.id, $('id'))),
  ) as unknown as Statement<Array<{ record: Shown<T>; owner: Owner }>>
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
  const inserts = perShape(
    (columns) =>
      store.define(`${name}_insert_${columns}`, (q) =>
        q
          .insert(table)
          // The cast: which columns these are, `create` says.
          .values(placeholders(columns) as never)
          .returning(shown),
      ) as unknown as Statement<Array<Shown<T>>>,
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
    const [how = '', columns = ''] = shape.split(' ')
    return rows(
      store.define(`${name}_update_${shape}`, (q) =>
        q
          .update(table)
          .set({
            ...placeholders(columns),
            revision: sql`${table.revision} + 1`,
            updatedAt: sql`${$('now', table.updatedAt)}`,
          })
          .where(and(...conditions(how)))
          .returning(),
      ),
    )
  })
  const derivations = perShape((columns) =>
    rows(
      store.define(`${name}_derive_${columns}`, (q) =>
        q
          .update(table)
          .set(placeholders(columns))
          // Whoever wrote it since it was read has derived them too.
          .where(and(eq(table.id, $('id')), eq(table.revision, $('revision'))))
          .returning(),
      ),
    ),
  )

  function placeholders(columns: string) {
    return Object.fromEntries(
      columns.split(',').map((column) => {
        const target = Object.entries(table).find(([key]) => key === column)?.[1]
        return [column, sql`${$(column, target)}`]
      }),
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
export type OwnedStatements<T extends OwnedTable> = ReturnType<typeof ownedStatements<T>>
