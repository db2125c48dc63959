import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'tap'
import { backUp, copyInto } from '../../src/cli/backup-file.ts'
import { commonplace, here, inside, ORIGIN, refused, register } from './command.ts'

const WRITER = new URL('writer.ts', import.meta.url)

await test('S76 backup while another process writes: sound, of one moment, nothing acknowledged missing', async (t) => {
  const cwd = t.testdir({})
  const url = `sqlite:${join(cwd, 'live.db')}`
  await register(url, 'alice')
  const writer = fork(WRITER, [url], { execArgv: [] })
  t.teardown(() => void writer.kill('SIGKILL'))
  const acknowledged = async () => {
    writer.send('count')
    const [count] = await once(writer, 'message')
    return Number(count)
  }
  while ((await acknowledged()) < 2000) await new Promise((resolve) => setTimeout(resolve, 20))

  const before = await acknowledged()
  const result = await commonplace(['backup', 'copy.db'], { cwd, url })
  const after = await acknowledged()
  t.match(result, { code: 0, stderr: '', stdout: /^Backed up .* \(\d+ bytes\), and verified/ })
  t.ok(after > before, 'the writer went on')

  const copy = new Database(join(cwd, 'copy.db'), { readonly: true })
  t.equal(copy.pragma('integrity_check', { simple: true }), 'ok')
  t.strictSame(copy.pragma('foreign_key_check'), [])
  t.equal(copy.pragma('journal_mode', { simple: true }), 'delete', 'it is one file')
  const titles = copy.prepare<[], string>('SELECT title FROM todos ORDER BY id').pluck().all()
  copy.close()
  t.ok(titles.length >= before, 'every write that was acknowledged before it began')
  t.strictSame(
    titles,
    titles.map((_, index) => String(index)),
    'and no gap among the later ones',
  )
  t.equal(statSync(join(cwd, 'copy.db')).mode & 0o777, 0o600)
  t.strictSame(
    readdirSync(cwd).filter((name) => !name.startsWith('live.db')),
    ['copy.db'],
  )
})

await test('a large database is copied in steps, and a commit does not start it again', async (t) => {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  const url = `sqlite:${file}`
  await register(url, 'alice')
  await inside(url, async ({ posts }) => {
    const actor = { id: 1, username: 'alice', role: 'user', sessionId: '', origin: ORIGIN } as const
    const content = 'x'.repeat(100_000)
    for (let count = 0; count < 60; count++) await posts.create(actor, { title: 'long', content })
    let writes = 0
    const state = { done: false }
    const copying = backUp(file, join(cwd, 'copy.db')).finally(() => (state.done = true))
    while (!state.done) {
      await posts.create(actor, { title: 'short', content: 'y' })
      writes += 1
    }
    const { bytes } = await copying
    t.ok(bytes > 6_000_000)
    t.ok(writes > 3, 'this process had turns in between')
  })
})

await test('S76 backup never writes over a file', async (t) => {
  const cwd = t.testdir({ 'taken.db': 'mine', sub: {} })
  const url = `sqlite:${join(cwd, 'live.db')}`
  await register(url, 'alice')
  refused(t, await here(['backup', join(cwd, 'taken.db')], { url }), /taken\.db exists already/)
  t.equal(readFileSync(join(cwd, 'taken.db'), 'utf8'), 'mine')
  refused(t, await here(['backup', join(cwd, 'live.db')], { url }), /exists already/)
  refused(t, await here(['backup', join(cwd, 'sub')], { url }), /exists already/)
  refused(t, await here(['backup', join(cwd, 'no/folder.db')], { url }), /There is no folder/)
  t.strictSame(readdirSync(cwd).toSorted(), ['live.db', 'sub', 'taken.db'])
})

await test('two backups to one name: one has it, the other is refused', async (t) => {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  await register(`sqlite:${file}`, 'alice')
  const both = await Promise.allSettled([
    backUp(file, join(cwd, 'copy.db')),
    backUp(file, join(cwd, 'copy.db')),
  ])
  t.strictSame(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const refusal = both.find(({ status }) => status === 'rejected')
  t.match(refusal, { reason: { message: /copy\.db exists already/ } })
  t.strictSame(readdirSync(cwd).toSorted(), ['copy.db', 'live.db'])
})

await test('a copy into a file that is locked is no success', async (t) => {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  await register(`sqlite:${file}`, 'alice')
  const target = new Database(join(cwd, 'target.db'))
  target.exec('CREATE TABLE mine (x); BEGIN EXCLUSIVE')
  const source = new Database(file)
  await t.rejects(copyInto(source, join(cwd, 'target.db')), /keeps .*target\.db busy/)
  target.exec('COMMIT')
  t.equal(target.prepare('SELECT count(*) FROM mine').pluck().get(), 0)
  target.close()
  source.close()
})

await test('there must be a database, and it is not changed', async (t) => {
  const cwd = t.testdir({ 'empty.db': '' })
  for (const name of ['absent.db', 'empty.db'])
    refused(
      t,
      await here(['backup', join(cwd, 'copy.db')], { url: `sqlite:${join(cwd, name)}` }),
      /There is no database at/,
    )
  t.notOk(existsSync(join(cwd, 'absent.db')))
  t.notOk(existsSync(join(cwd, 'copy.db')))

  const url = `sqlite:${join(cwd, 'live.db')}`
  await register(url, 'alice')
  const before = readFileSync(join(cwd, 'live.db'))
  t.match(await here(['backup', join(cwd, 'copy.db')], { url }), { code: 0 })
  t.ok(before.equals(readFileSync(join(cwd, 'live.db'))))
})

await test('S76 a damaged database is not passed off as a backup', async (t) => {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  await register(`sqlite:${file}`, 'alice', 'bob')
  const bytes = readFileSync(file)
  bytes.fill(0xff, 5 * 4096, 9 * 4096)
  writeFileSync(file, bytes)
  const result = await here(['backup', join(cwd, 'copy.db')], { url: `sqlite:${file}` })
  t.match(result, { code: 1, stdout: '', stderr: /^error: The copy of .* is damaged: / })
  t.strictSame(readdirSync(cwd), ['live.db'])

  writeFileSync(file, 'no database at all '.repeat(300))
  refused(
    t,
    await here(['backup', join(cwd, 'copy.db')], { url: `sqlite:${file}` }),
    /not a database/,
  )
  t.strictSame(readdirSync(cwd), ['live.db'])
})

await test('dangling rows are damage too', async (t) => {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  await register(`sqlite:${file}`, 'alice')
  const sqlite = new Database(file)
  sqlite.pragma('foreign_keys = OFF')
  sqlite.exec(`INSERT INTO posts (user_id, title, content, revision, created_at, updated_at)
    VALUES (99, 'x', 'x', 1, 0, 0)`)
  sqlite.close()
  const result = await here(['backup', join(cwd, 'copy.db')], { url: `sqlite:${file}` })
  refused(t, result, /is damaged: 1 rows lack the row they refer to/)
  t.strictSame(readdirSync(cwd), ['live.db'])
})

const skip = process.getuid?.() === 0 && 'root writes everywhere'
await test('a folder that cannot be written is one sentence', { skip }, async (t) => {
  const cwd = t.testdir({ closed: {} })
  chmodSync(join(cwd, 'closed'), 0o500)
  const url = `sqlite:${join(cwd, 'live.db')}`
  await register(url, 'alice')
  refused(t, await here(['backup', join(cwd, 'closed/copy.db')], { url }), /EACCES/)
})

await test('PostgreSQL has its own tools', async (t) => {
  const url = 'postgres://someone:hunter2@127.0.0.1:1/x'
  refused(t, await here(['backup', 'copy.db'], { url }), /PostgreSQL: pg_dump/)
  refused(t, await here(['restore', 'copy.db'], { url }), /PostgreSQL: pg_restore or psql/)
})
