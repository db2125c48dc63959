import { fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test, type Test } from 'tap'
import { commonplace, here, logsIn, PASSWORD, refused, register, serving } from './command.ts'

await test('S76 the drill: back up, lose, restore, and find every row again', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const before = rows(join(cwd, 'copy.db'))
  await register(url, 'later')
  const lost = rows(file)

  const restored = await commonplace(['restore', 'copy.db'], { cwd, url })
  t.match(restored, {
    code: 0,
    stderr: '',
    stdout: /^Restored .*\nTimeline .*\nThe database as it was is in /,
  })
  t.strictSame(rows(file), before)
  t.ok(await logsIn(url, 'alice', PASSWORD))
  t.notOk(await logsIn(url, 'later', PASSWORD))

  const aside = readdirSync(cwd).filter((name) => name.startsWith('live.db.before-restore-'))
  t.equal(aside.length, 1)
  t.strictSame(rows(join(cwd, aside[0] ?? '')), lost, 'what it replaced is kept')
  t.equal(statSync(join(cwd, aside[0] ?? '')).mode & 0o777, 0o600)
  t.strictSame(
    readdirSync(cwd)
      .filter((name) => !aside.includes(name))
      .toSorted(),
    ['copy.db', 'live.db'],
  )
  t.match(await here(['restore', join(cwd, 'copy.db')], { url }), { code: 0 }, 'twice, too')
})

await test('a server that works and one that idles both keep a restore out', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  await register(url, 'later')
  const server = await serving(t, { url })
  const before = rows(file)
  const files = readdirSync(cwd)
  const attempt = () => commonplace(['restore', 'copy.db'], { cwd, url })
  refused(t, await attempt(), /live\.db is in use by another process: stop the server first/)
  t.equal((await fetch(`${server.url}/readyz`)).status, 200, 'the server did not notice')
  t.strictSame(rows(file), before)
  t.strictSame(readdirSync(cwd), files)

  t.equal(await server.stop(), 0)
  t.match(await attempt(), { code: 0 })
  t.notOk(await logsIn(url, 'later', PASSWORD))
})

await test('after a crash: what only the log holds is in the copy that is kept', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const writer = fork(new URL('writer.ts', import.meta.url), [url], { execArgv: [] })
  let written = 0
  while (written < 50) {
    writer.send('count')
    written = Number((await once(writer, 'message'))[0])
  }
  writer.kill('SIGKILL')
  await once(writer, 'close')
  t.ok(readdirSync(cwd).includes('live.db-wal'))

  t.match(await commonplace(['restore', 'copy.db'], { cwd, url }), { code: 0 })
  const names = readdirSync(cwd)
  const aside = names.find((name) => name.includes('before-restore')) ?? ''
  t.ok((rows(join(cwd, aside))['todos']?.length ?? 0) >= written)
  t.strictSame(rows(file), rows(join(cwd, 'copy.db')))
  t.notOk(names.some((name) => /-(wal|shm|journal)$/.test(name)))
})

await test('a backup is refused before anything is touched', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const copy = readFileSync(join(cwd, 'copy.db'))
  const damaged = Buffer.from(copy).fill(0xff, 5 * 4096, 9 * 4096)
  writeFileSync(join(cwd, 'damaged.db'), damaged)
  writeFileSync(join(cwd, 'cut.db'), copy.subarray(0, copy.length - 3 * 4096))
  writeFileSync(join(cwd, 'text.db'), 'some text '.repeat(1000))
  writeFileSync(join(cwd, 'empty.db'), '')
  writeFileSync(join(cwd, 'busy.db'), copy)
  writeFileSync(join(cwd, 'busy.db-wal'), 'x')
  make(
    join(cwd, 'other.db'),
    'CREATE TABLE schema_migrations (version text); CREATE TABLE users (id)',
  )
  alter(cwd, 'newer.db', "INSERT INTO schema_migrations (name) VALUES ('9999_future')")
  alter(cwd, 'dangling.db', 'PRAGMA foreign_keys = OFF; DELETE FROM users')
  const before = rows(file)
  const files = readdirSync(cwd)

  for (const [name, sentence] of [
    ['absent.db', /There is no file/],
    ['live.db', /is the database itself/],
    ['busy.db', /is a database in use and no backup/],
    ['damaged.db', /damaged|not a sound/],
    ['cut.db', /damaged|not a sound/],
    ['text.db', /not a sound SQLite database/],
    ['empty.db', /not a database of Commonplace/],
    ['other.db', /not a database of Commonplace/],
    ['newer.db', /9999_future\) that this version does not know/],
    ['dangling.db', /rows lack the row/],
  ] as const) {
    const result = await here(['restore', join(cwd, name)], { url })
    t.match(result, { code: 1, stdout: '', stderr: /^error: / }, name)
    t.match(result.stderr, sentence)
    t.notMatch(result.stderr, /\n\s+at /)
    t.strictSame(readdirSync(cwd), files, 'no file came or went')
  }
  t.strictSame(rows(file), before)
})

await test('S73 a backup that needs another SECRET_KEY is refused, and stays usable', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const before = rows(file)
  const env = { SECRET_KEY: 'another secret of at least 32 bytes: Zt5' }
  const result = await here(['restore', join(cwd, 'copy.db')], { url, env })
  refused(t, result, /SECRET_KEY lacks a value that 2 password\(s\) and 1 signing key\(s\)/)
  t.strictSame(rows(file), before)
})

await test('a migration that fails is one of the copy: nothing is left of it', async (t) => {
  const cwd = t.testdir({})
  const url = `sqlite:${join(cwd, 'live.db')}`
  make(
    join(cwd, 'old.db'),
    `CREATE TABLE schema_migrations (name text PRIMARY KEY NOT NULL);
     CREATE TABLE signing_keys (kid text)`,
  )
  // It claims to have had no migration, and the first one finds its tables there.
  const result = await here(['restore', join(cwd, 'old.db')], { url })
  t.equal(result.code, 1)
  t.strictSame(readdirSync(cwd), ['old.db'])
})

await test('restore makes a database where there is none', async (t) => {
  const { cwd } = await backedUp(t)
  const url = `sqlite:${join(cwd, 'new/place.db')}`
  const result = await here(['restore', join(cwd, 'copy.db')], { url })
  t.match(result, { code: 0, stdout: /^Restored [^\n]*\nTimeline [^\n]*\n$/ })
  t.equal(statSync(join(cwd, 'new/place.db')).mode & 0o777, 0o600)
  t.ok(await logsIn(url, 'alice', PASSWORD))
  t.strictSame(readdirSync(join(cwd, 'new')), ['place.db'])
})

await test('restore keeps the rights of the file that it replaces', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const before = statSync(file)
  t.match(await here(['restore', join(cwd, 'copy.db')], { url }), { code: 0 })
  const { mode, ino } = statSync(file)
  t.strictSame({ mode, ino }, { mode: before.mode, ino: before.ino })
})

await test('S38 restore --end-sessions logs everyone out', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const alive = () => rows(file)['sessions']?.filter(({ ended_at }) => ended_at === null).length
  t.match(await here(['restore', join(cwd, 'copy.db')], { url }), { code: 0 })
  t.equal(alive(), 1, 'as it was in the backup')
  t.match(await here(['restore', join(cwd, 'copy.db'), '--end-sessions'], { url }), {
    code: 0,
    stdout: /Ended the sessions of 2 accounts/,
  })
  t.equal(alive(), 0)
})

await test('a database that is beyond opening has to be moved by hand', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  writeFileSync(file, 'no database at all '.repeat(300))
  refused(t, await here(['restore', join(cwd, 'copy.db')], { url }), /too damaged to be opened/)
  t.match(readFileSync(file, 'utf8'), /^no database at all/)
})

await test('a damaged database that opens is replaced, and kept as it was', async (t) => {
  const { cwd, url, file } = await backedUp(t)
  const damaged = readFileSync(file).fill(0xff, 5 * 4096, 9 * 4096)
  writeFileSync(file, damaged)
  t.match(await here(['restore', join(cwd, 'copy.db')], { url }), { code: 0 })
  t.strictSame(rows(file), rows(join(cwd, 'copy.db')))
})

/** A database with two users and one session, and a backup of it. */
async function backedUp(t: Test) {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  const url = `sqlite:${file}`
  await register(url, 'alice', 'bob')
  if (!(await logsIn(url, 'alice', PASSWORD))) throw new Error('no login')
  const { code, stderr } = await here(['backup', join(cwd, 'copy.db')], { url })
  if (code !== 0) throw new Error(stderr)
  return { cwd, file, url }
}

/** All rows of all tables but those that tell one timeline from another. */
function rows(file: string) {
  const sqlite = new Database(file)
  try {
    const names = sqlite
      .prepare<[], string>(
        `SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT IN ('timelines', 'sqlite_sequence') ORDER BY name`,
      )
      .pluck()
      .all()
    const all = (name: string) =>
      sqlite.prepare<[], Record<string, unknown>>(`SELECT * FROM "${name}"`).all()
    return Object.fromEntries(names.map((name) => [name, all(name)]))
  } finally {
    sqlite.close()
  }
}

function make(file: string, statements: string) {
  const sqlite = new Database(file)
  sqlite.exec(statements)
  sqlite.close()
}

/** The backup with something changed, as another file. */
function alter(cwd: string, name: string, statements: string) {
  copyFileSync(join(cwd, 'copy.db'), join(cwd, name))
  make(join(cwd, name), statements)
}
