import { liteCore, pgCore } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { liteKit, pgKit, uncastLiteKit } from '../../src/db/schema/column-kit.ts'
import { tables } from '../../src/db/schema/tables.ts'
import { ownedTables } from '../../src/domain/resources/index.ts'

const { getTableConfig: pgConfig, PgTable } = pgCore
const { getTableConfig: liteConfig, SQLiteTable } = liteCore

/** As precise as the compiler: `any` equals nothing but itself, an optional member is not one that may be undefined. */
// oxlint-disable typescript/no-unnecessary-type-parameters -- two generic functions are what it compares
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
// oxlint-enable typescript/no-unnecessary-type-parameters

type Column = { _: { data: unknown; notNull: boolean; hasDefault: boolean } }
/** The data of every kind of column that a kit has. */
type Columns<K> = {
  [N in keyof K as K[N] extends (...args: never) => Column ? N : never]: K[N] extends (
    ...args: never
  ) => Column
    ? Pick<ReturnType<K[N]>['_'], 'data' | 'notNull' | 'hasDefault'>
    : never
}
type Kinds =
  'id' | 'longId' | 'text' | 'integer' | 'long' | 'flag' | 'moment' | 'firstMoment' | 'lastMoment'

const onPostgres = pgKit.table('all', {
  id: pgKit.id(),
  word: pgKit.text('word').$type<'a' | 'b'>().notNull(),
  text: pgKit.text('text'),
  integer: pgKit.integer('integer').notNull().default(1),
  flag: pgKit.flag('flag').notNull(),
  moment: pgKit.moment('moment'),
  first: pgKit.firstMoment('first'),
  last: pgKit.lastMoment('last'),
})
const onSqlite = uncastLiteKit.table('all', {
  id: uncastLiteKit.id(),
  word: uncastLiteKit.text('word').$type<'a' | 'b'>().notNull(),
  text: uncastLiteKit.text('text'),
  integer: uncastLiteKit.integer('integer').notNull().default(1),
  flag: uncastLiteKit.flag('flag').notNull(),
  moment: uncastLiteKit.moment('moment'),
  first: uncastLiteKit.firstMoment('first'),
  last: uncastLiteKit.lastMoment('last'),
})
type Row = {
  id: number
  word: 'a' | 'b'
  text: string | null
  integer: number
  flag: boolean
  moment: Date | null
  first: Date
  last: Date
}

await test('both engines infer the same rows: `npm run typecheck` fails when they do not', (t) => {
  const alike = {
    'every kind of column is compared': true satisfies Equal<keyof Columns<typeof pgKit>, Kinds>,
    columns: true satisfies Equal<Columns<typeof pgKit>, Columns<typeof uncastLiteKit>>,
    'rows of PostgreSQL': true satisfies Equal<typeof onPostgres.$inferSelect, Row>,
    'rows of SQLite': true satisfies Equal<typeof onSqlite.$inferSelect, Row>,
    // SQLite alone would let an id be given
    'new rows': true satisfies Equal<
      typeof onPostgres.$inferInsert,
      Omit<typeof onSqlite.$inferInsert, 'id'>
    >,
  }
  t.equal(Object.values(alike).length, 5)
  t.end()
})

/** What JavaScript gets; a custom type of PostgreSQL does not say. */
const dataTypeOf = (column: { dataType: string; getSQLType(): string }) =>
  column.dataType === 'custom'
    ? column
        .getSQLType()
        .replace(/^text .*/, 'string')
        .replace(/^timestamp .*/, 'date')
    : column.dataType

/** What both engines must agree on, of a table as either describes it. */
type Config = ReturnType<typeof pgConfig> | ReturnType<typeof liteConfig>
const describe = ({ name, columns, indexes, foreignKeys }: Config) => ({
  name,
  columns: columns.map((column) => ({
    name: column.name,
    dataType: dataTypeOf(column),
    notNull: column.notNull,
    primary: column.primary,
    default: column.hasDefault,
  })),
  indexes: indexes.map(({ config }) => ({
    name: config.name,
    unique: config.unique,
    columns: config.columns.map((column) => ('name' in column ? column.name : 'an expression')),
  })),
  foreignKeys: foreignKeys.map((key) => ({
    columns: key.reference().columns.map((column) => column.name),
    table: key.getName().replace(/_fk$/, ''),
    onDelete: key.onDelete,
  })),
})

await test('both engines have the same tables, columns, indexes and foreign keys', (t) => {
  const lite = Object.entries(tables(liteKit, ownedTables))
  const postgres = new Map<string, unknown>(Object.entries(tables(pgKit, ownedTables)))
  t.equal(lite.length, postgres.size)
  for (const [member, liteTable] of lite) {
    const pgTable = postgres.get(member)
    if (!(liteTable instanceof SQLiteTable) || !(pgTable instanceof PgTable))
      throw new Error(`${member} is not a table of its engine`)
    t.strictSame(describe(liteConfig(liteTable)), describe(pgConfig(pgTable)), member)
  }
  t.end()
})

await test('whatever a user owns goes with the user', (t) => {
  for (const [member, table] of Object.entries(tables(pgKit, ownedTables))) {
    for (const { onDelete } of pgConfig(table).foreignKeys) t.equal(onDelete, 'cascade', member)
  }
  t.end()
})
