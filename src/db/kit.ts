import { liteCore as lite, pgCore as pg } from './drizzle.ts'

/** Orders by code point on PostgreSQL, as SQLite does, whatever the locale of the database is. */
const text = pg.customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
})

/** How a column is written on PostgreSQL. Every table is typed by this kit. */
export const pgKit = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  id: () => pg.integer('id').primaryKey().generatedAlwaysAsIdentity(),
  text: (name: string) => text(name),
  integer: (name: string) => pg.integer(name),
  flag: (name: string) => pg.boolean(name),
  moment: (name: string) => pg.timestamp(name, { withTimezone: true, precision: 3, mode: 'date' }),
}
export type Kit = typeof pgKit

/** The same columns on SQLite, in its own types. For `test/db/kit.test.ts`, which compares them with PostgreSQL's. */
export const uncastLiteKit = {
  table: lite.sqliteTable,
  index: lite.index,
  uniqueIndex: lite.uniqueIndex,
  // AUTOINCREMENT: an id is never given twice, so a deleted record's URL never shows another one.
  id: () => lite.integer('id').primaryKey({ autoIncrement: true }),
  text: (name: string) => lite.text(name),
  integer: (name: string) => lite.integer(name),
  flag: (name: string) => lite.integer(name, { mode: 'boolean' }),
  moment: (name: string) => lite.integer(name, { mode: 'timestamp_ms' }),
}
/** What the tables use: the cast is the one place where the two engines are declared to be alike. */
export const liteKit = uncastLiteKit as unknown as Kit
