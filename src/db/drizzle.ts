import { createRequire } from 'node:module'

// drizzle-kit runs this as CommonJS, where `import.meta.url` is empty; it always starts in the project's folder.
const load = createRequire(import.meta.url || `${process.cwd()}/drizzle.config.ts`)

/**
 * drizzle, from its CommonJS build: its ES modules re-export each other in circles, and linking them costs every start half a
 * second and 160 MB. Whoever needs a value of drizzle takes it from here (`import type` costs nothing).
 */
export const {
  and,
  asc,
  count,
  desc,
  DrizzleQueryError,
  eq,
  getTableColumns,
  getTableName,
  gt,
  gte,
  inArray,
  is,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  notInArray,
  or,
  sql,
}: typeof import('drizzle-orm') = load('drizzle-orm')
export const pgCore: typeof import('drizzle-orm/pg-core') = load('drizzle-orm/pg-core')
export const liteCore: typeof import('drizzle-orm/sqlite-core') = load('drizzle-orm/sqlite-core')
/** The drivers load their engine's module, so each is loaded by its own store. */
export const loadPostgres = (): typeof import('drizzle-orm/node-postgres') =>
  load('drizzle-orm/node-postgres')
export const loadSqlite = (): typeof import('drizzle-orm/better-sqlite3') =>
  load('drizzle-orm/better-sqlite3')
