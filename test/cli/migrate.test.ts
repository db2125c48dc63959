import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'tap'
import { migrations } from '../../src/db/migrate.ts'
import { engine } from '../database.ts'
import { commonplace, here, refused } from './command.ts'
import { emptyDatabase } from './empty-database.ts'

const all = migrations(engine).map(({ name }) => `Applied ${name}\n`)

await test('migrate prints what it applied, and then finds nothing to do', async (t) => {
  const { url } = await emptyDatabase(t)
  t.strictSame(await commonplace(['migrate'], { url }), {
    code: 0,
    stdout: all.join(''),
    stderr: '',
  })
  t.match(await here(['migrate'], { url }), {
    code: 0,
    stdout: 'The database is up to date.\n',
  })
})

await test('two that migrate at once apply each migration once', async (t) => {
  const { url } = await emptyDatabase(t)
  const results = await Promise.all(
    Array.from({ length: 2 }, () => commonplace(['migrate'], { url })),
  )
  for (const result of results) t.match(result, { code: 0, stderr: '' })
  const applied = results.filter(({ stdout }) => stdout === all.join(''))
  t.equal(applied.length, 1)
  t.match(await here(['user', 'list'], { url }), { code: 0 })
})

const skip = engine === 'sqlite' && 'SQLite is migrated as it is opened'
await test(
  'pending migrations are named, with the command that applies them',
  { skip },
  async (t) => {
    const { url } = await emptyDatabase(t)
    for (const args of [['user', 'list'], ['keys', 'rotate'], ['purge'], ['seed']])
      refused(
        t,
        await here(args, { url }),
        /^error: The database lacks 0000_\w+.*: run commonplace migrate first\.\n$/,
      )
    t.match(await commonplace(['migrate'], { url }), { code: 0, stdout: all.join('') })
  },
)

await test('a database of a newer version is refused and not touched', async (t) => {
  const { url, query } = await emptyDatabase(t)
  await here(['migrate'], { url })
  await query("INSERT INTO schema_migrations (name) VALUES ('9999_from_the_future')")
  for (const args of [['migrate'], ['user', 'list'], ['seed']])
    refused(t, await here(args, { url }), /9999_from_the_future.* does not know/)
  const [counted] = await query('SELECT count(*) AS count FROM users')
  t.equal(Number(counted?.['count']), 0)
})

await test('the folder of a new SQLite file is made', async (t) => {
  const cwd = t.testdir({})
  t.match(await commonplace(['migrate'], { cwd, url: 'sqlite:./some/new/place.db' }), { code: 0 })
  const file = join(cwd, 'some/new/place.db')
  t.ok(existsSync(file))
  const sqlite = new Database(file, { readonly: true })
  t.equal(sqlite.prepare('SELECT count(*) FROM users').pluck().get(), 0)
  sqlite.close()
})
