import { liteCore as lite, pgCore as pg, sql } from '../drizzle.ts'

/** Orders by code point on PostgreSQL, as SQLite does, whatever the locale of the database is. */
const text = pg.customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
})

/** What stands for no moment where moments are sorted: the first and the last that an RFC 3339 text can name. */
export const FIRST = new Date('0001-01-01T00:00:00Z')
export const LAST = new Date('9999-12-31T23:59:59.999Z')

/** drizzle's own hands what PostgreSQL writes to `new Date`, which takes the years 1 to 99 for ones of our time. */
const pgMoment = pg.customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  toDriver: (moment) => moment.toISOString(),
  fromDriver: (written) => new Date(written.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')),
})
const liteMoment = (name: string) => lite.integer(name, { mode: 'timestamp_ms' })

/** How a column is written on PostgreSQL. Every table is typed by this kit. */
export const pgKit = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  id: () => pg.integer('id').primaryKey().generatedAlwaysAsIdentity(),
  /** For what grows with every write. */
  longId: () => pg.bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  text: (name: string) => text(name),
  integer: (name: string) => pg.integer(name),
  /** For what a `longId` may be. */
  long: (name: string) => pg.bigint(name, { mode: 'number' }),
  flag: (name: string) => pg.boolean(name),
  moment: (name: string) => pgMoment(name),
  firstMoment: (name: string) =>
    pgMoment(name)
      .notNull()
      .default(sql`'0001-01-01T00:00:00Z'`),
  lastMoment: (name: string) =>
    pgMoment(name)
      .notNull()
      .default(sql`'9999-12-31T23:59:59.999Z'`),
}
export type Kit = typeof pgKit

/** The same columns on SQLite, in its own types. For `test/db/kit.test.ts`, which compares them with PostgreSQL's. */
export const uncastLiteKit = {
  table: lite.sqliteTable,
  index: lite.index,
  uniqueIndex: lite.uniqueIndex,
  // AUTOINCREMENT: an id is never given twice, so a deleted record's URL never shows another one.
  id: () => lite.integer('id').primaryKey({ autoIncrement: true }),
  longId: () => lite.integer('id').primaryKey({ autoIncrement: true }),
  text: (name: string) => lite.text(name),
  integer: (name: string) => lite.integer(name),
  long: (name: string) => lite.integer(name),
  flag: (name: string) => lite.integer(name, { mode: 'boolean' }),
  moment: liteMoment,
  firstMoment: (name: string) =>
    liteMoment(name)
      .notNull()
      .default(sql.raw(String(FIRST.getTime()))),
  lastMoment: (name: string) =>
    liteMoment(name)
      .notNull()
      .default(sql.raw(String(LAST.getTime()))),
}
/** What the tables use: the cast is the one place where the two engines are declared to be alike. */
export const liteKit = uncastLiteKit as unknown as Kit
