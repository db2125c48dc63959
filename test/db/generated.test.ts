import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import Database from 'better-sqlite3'
import { buildSync } from 'esbuild'
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from 'drizzle-kit/api'
import { test } from 'tap'
import { migratedInMemory, migrations } from '../../src/db/migrate.ts'
import { migrate } from '../../src/db/open.ts'
import { pgKit } from '../../src/db/schema/column-kit.ts'
import { tables } from '../../src/db/schema/tables.ts'
import { ownedTables } from '../../src/domain/resources/index.ts'
import { engine } from '../database.ts'
import { alter, bareDatabase, connectPostgres } from './bare.ts'

// drizzle-kit 0.31.11 gives every array a member of its own, which whatever copies schemas takes for an item: the apps of
// the tests behind this one would serialize nothing.
Reflect.deleteProperty(Array.prototype, 'random')

/** The tables as drizzle-kit reads them: as CommonJS, whatever the file exports. */
function schemaOf(of: 'sqlite' | 'postgres'): Record<string, unknown> {
  const file = new URL(`../../src/domain/schema/${of}.ts`, import.meta.url).pathname
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    write: false,
    logLevel: 'error',
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  })
  const module = { exports: {} }
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- it is our own source
  const run = new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')
  run(module, module.exports, createRequire(import.meta.url))
  return module.exports
}
const [sqliteSchema, postgresSchema] = [schemaOf('sqlite'), schemaOf('postgres')]

/**
 * What drizzle-kit remembered of the tables when it wrote the newest migration, but for the ids that it draws and the renames
 * that it was told of.
 */
function snapshot(of: 'sqlite' | 'postgres'): Record<string, unknown> {
  const { name = '' } = migrations(of).at(-1) ?? {}
  const number = name.split('_', 1).join('')
  const url = new URL(`../../migrations/${of}/meta/${number}_snapshot.json`, import.meta.url)
  return withoutIds(JSON.parse(readFileSync(url, 'utf8')))
}
const withoutIds = ({ id: _id, prevId: _prev, _meta, ...rest }: Record<string, unknown>) => rest
/** As it would be written to a file: no undefined members. */
const written = (json: object): Record<string, unknown> => JSON.parse(JSON.stringify(json))

await test('no table is kept from drizzle-kit', (t) => {
  for (const schema of [sqliteSchema, postgresSchema])
    t.strictSame(Object.keys(schema).toSorted(), Object.keys(tables(pgKit, ownedTables)).toSorted())
  t.end()
})

const postgresOnly = { skip: engine === 'sqlite' && 'it needs a server' }

// Columns, indexes and foreign keys, whatever order they were added in. The full-text indexes drizzle-kit knows nothing of.
const SQLITE_SHAPE = [
  `SELECT s.name AS "table", c.name, c.type, c."notnull", c.dflt_value, c.pk
   FROM sqlite_schema s, pragma_table_info(s.name) c
   WHERE s.type = 'table' AND s.name NOT IN ('schema_migrations', 'sqlite_sequence')
     AND s.name NOT GLOB '*_search*' ORDER BY 1, 2`,
  `SELECT s.name, s.tbl_name, i.seqno, i.name AS "column", l."unique"
   FROM sqlite_schema s, pragma_index_info(s.name) i, pragma_index_list(s.tbl_name) l
   WHERE s.type = 'index' AND s.tbl_name <> 'schema_migrations' AND l.name = s.name
     AND s.tbl_name NOT GLOB '*_search*' ORDER BY 1, 3`,
  `SELECT s.name, f."table", f."from", f."to", f.on_delete
   FROM sqlite_schema s, pragma_foreign_key_list(s.name) f WHERE s.type = 'table' ORDER BY 1, 2, 3`,
]
const POSTGRES_SHAPE = [
  `SELECT table_name, column_name, data_type, datetime_precision, is_nullable, column_default,
     is_identity, identity_generation, collation_name
   FROM information_schema.columns
   WHERE table_schema = 'public' AND table_name <> 'schema_migrations'
     AND column_name <> 'search_vector' ORDER BY 1, 2`,
  `SELECT indexdef FROM pg_indexes
   WHERE schemaname = 'public' AND tablename <> 'schema_migrations'
     AND indexdef NOT LIKE '%search_vector%' ORDER BY 1`,
  `SELECT conrelid::regclass::text AS "table", conname, pg_get_constraintdef(oid) AS definition
   FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace AND conrelid <> coalesce(to_regclass('schema_migrations'), 0)
   ORDER BY 1, 2`,
]

await test('no change of the tables lacks its migration: SQLite', async (t) => {
  const present = await generateSQLiteDrizzleJson(sqliteSchema)
  t.strictSame(snapshot('sqlite'), withoutIds(written(present)), 'npm run db:generate is due')
})

await test('no change of the tables lacks its migration: PostgreSQL', (t) => {
  const present = generateDrizzleJson(postgresSchema)
  t.strictSame(snapshot('postgres'), withoutIds(written(present)), 'npm run db:generate is due')
  t.end()
})

await test('the migrations make the tables that the snapshot tells of: SQLite', async (t) => {
  const migrated = new Database(migratedInMemory())
  const made = new Database(':memory:')
  t.teardown(() => {
    migrated.close()
    made.close()
  })
  const [nothing, all] = [
    await generateSQLiteDrizzleJson({}),
    await generateSQLiteDrizzleJson(sqliteSchema),
  ]
  for (const statement of await generateSQLiteMigration(nothing, all)) made.exec(statement)
  for (const query of SQLITE_SHAPE) {
    const rows = made.prepare(query).all()
    t.ok(rows.length > 0)
    t.strictSame(migrated.prepare(query).all(), rows)
  }
})

await test(
  'the migrations make the tables that the snapshot tells of: PostgreSQL',
  postgresOnly,
  async (t) => {
    const url = await bareDatabase(t)
    const shape = async () => {
      const client = await connectPostgres(url)
      const rows = []
      for (const query of POSTGRES_SHAPE) rows.push((await client.query(query)).rows)
      await client.end()
      return rows
    }
    const all = await generateMigration(
      generateDrizzleJson({}),
      generateDrizzleJson(postgresSchema),
    )
    await alter(url, all.join(';'))
    const made = await shape()
    t.ok(made.every(({ length }) => length > 0))
    await alter(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await migrate(url)
    t.strictSame(await shape(), made)
  },
)
