import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { migrate, openStore as open } from '../src/db/open.ts'
import { migrations } from '../src/db/migrate.ts'
import { ownedTables } from '../src/domain/resources/index.ts'

/** The server of TEST_DATABASE_URL, or undefined: then every test runs on a SQLite file of its own. */
const server = process.env['TEST_DATABASE_URL']
export const engine = server === undefined ? 'sqlite' : 'postgres'

/** A store with the tables of all that users own. */
export const openStore = (url: string) => open(url, ownedTables)

let template: Promise<string> | undefined

/** The URL of a new, migrated and empty database, removed with the test. */
export async function freshDatabase(test: Test): Promise<string> {
  return server === undefined ? freshFile(test) : freshOnServer(test, server)
}

async function freshFile(test: Test) {
  template ??= (async () => {
    const file = scratchFile(t)
    await migrate(`sqlite:${file}`)
    return file
  })()
  const file = scratchFile(test)
  copyFileSync(await template, file)
  return `sqlite:${file}`
}

/** In a folder of its own: a test may ask for several databases. */
function scratchFile(test: Pick<Test, 'teardown'>) {
  const folder = mkdtempSync(join(tmpdir(), 'commonplace-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'commonplace.db')
}

/** Cloned from a template that all test files share: the first that needs it makes it. */
async function freshOnServer(test: Test, url: string) {
  template ??= makeTemplate(url)
  const source = await template
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(url, async (admin) => {
    const { rows } = await admin.query<{ fsync: string }>('SHOW fsync')
    // Twice as fast where a checkpoint waits for no disk, and much slower where it does.
    const strategy = rows[0]?.fsync === 'off' ? 'FILE_COPY' : 'WAL_LOG'
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${source} STRATEGY ${strategy}`)
  })
  test.teardown(() => administer(url, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`)))
  return withName(url, name)
}

async function makeTemplate(url: string) {
  const digest = createHash('sha256')
    .update(JSON.stringify(migrations('postgres')))
    .digest('hex')
  const name = `template_${digest.slice(0, 16)}`
  await administer(url, async (admin) => {
    await admin.query('SELECT pg_advisory_lock(4711)')
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) {
      const draft = `${name}_draft`
      await admin.query(`DROP DATABASE IF EXISTS ${draft}`)
      await admin.query(`CREATE DATABASE ${draft}`)
      await migrate(withName(url, draft))
      await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
    }
  })
  return name
}

async function administer(url: string, work: (admin: Client) => Promise<unknown>) {
  const admin = new Client({ connectionString: withName(url, 'postgres') })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

function withName(url: string, name: string) {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
