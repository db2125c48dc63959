import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { actorOf } from '../../src/cli/actor.ts'
import { importFile } from '../../src/cli/import-file.ts'
import { asc } from '../../src/db/drizzle.ts'
import type { Backend } from '../../src/domain/backend.ts'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, refused, register, start } from './command.ts'

async function open(t: Test) {
  const url = await freshDatabase(t)
  await register(url, 'alice', 'bob')
  const folder = t.testdir({})
  return {
    url,
    file(name: string, text: string | Buffer) {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
    run: (...args: string[]) => here(['import', ...args], { url }),
    titles: (resource: 'todos' | 'books') =>
      inside(url, async ({ store }) => {
        const table = store.tables[resource] as typeof store.tables.books
        const rows = await store.query((q) =>
          q.select({ title: table.title }).from(table).orderBy(asc(table.id)),
        )
        return rows.map(({ title }) => title)
      }),
    changes: () =>
      inside(url, ({ store }) => store.query((q) => q.select().from(store.tables.changes))),
  }
}
const rows = (count: number) => Array.from({ length: count }, (_, i) => `row ${i}`)

await test('a file becomes records, in batches, once', async (t) => {
  const { run, file, titles, changes } = await open(t)
  const wanted = rows(2500)
  const path = file('todos.csv', ['title', ...wanted].join('\n'))
  const done = await run('todos', path, '--user', 'alice')
  t.strictSame(done, { code: 0, stdout: `Imported ${path}: 2500 created.\n`, stderr: '' })
  t.same(await titles('todos'), wanted)
  t.equal((await changes()).length, wanted.length)

  const copy = file('copy.csv', ['title', ...wanted].join('\n'))
  const again = await run('todos', copy, '--user', 'alice')
  t.match(again, { code: 0, stdout: /has been imported before: 2500 created. Add --again/ })
  t.equal((await titles('todos')).length, wanted.length, 'it is known by its content')
  t.same(await run('todos', copy, '--user', 'alice', '--dry-run'), again, 'a dry run says so too')

  const bob = await run('todos', copy, '--user', 'bob')
  t.match(bob, { code: 0, stdout: /2500 created/ }, 'not so for somebody else')
  const more = await run('todos', copy, '--user', 'alice', '--again')
  t.match(more, { code: 0, stdout: /2500 created/ })
  t.equal((await titles('todos')).length, 3 * wanted.length)
})

await test('bad rows are told before anything is written, or passed over', async (t) => {
  const { run, file, titles } = await open(t)
  const path = file(
    'books.ndjson',
    [
      '{"title":"Walden","author":"Thoreau","isbn":"9780441478125"}',
      '{"title":"Emma"}',
      '{"title":"Emma","author":"Austen","isbn":"0-441-47812-3"}',
      '{"title":"Emma","author":"Austen","published_year":1815}',
    ].join('\n'),
  )
  const rejected = await run('books', path, '--user', 'alice')
  t.equal(rejected.code, 1)
  t.equal(rejected.stdout, '')
  t.equal(
    rejected.stderr,
    `error: 2 rows of ${path} cannot be imported. Nothing was written:
  line 2: author is required
  line 3: The row in line 1 has the same ISBN
`,
  )
  t.same(await titles('books'), [])
  const dry = await run('books', path, '--user', 'alice', '--on-error', 'skip', '--dry-run')
  t.match(dry, { code: 0, stdout: /can be imported: 2 created, 2 passed over. Nothing was/ })
  t.same(await titles('books'), [])
  const skipped = await run('books', path, '--user', 'alice', '--on-error', 'skip')
  t.match(skipped, { code: 0, stdout: /: 2 created, 2 passed over\./ })
  t.same(await titles('books'), ['Walden', 'Emma'])
  const again = await run('books', path, '--user', 'alice')
  t.match(again, { code: 0, stdout: /has been imported before: 2 created, 2 passed over\./ })
  t.same(await run('books', path, '--user', 'alice', '--dry-run'), again)
})

await test('many faults are not all printed', async (t) => {
  const { run, file } = await open(t)
  const path = file('todos.csv', `title,completed\n${'x,yes\n'.repeat(1500)}`)
  const { stderr } = await run('todos', path, '--user', 'alice')
  t.match(stderr, /^error: 1500 rows/)
  t.equal(stderr.split('\n').length, 1 + 20 + 2)
  t.match(stderr, /\n {2}…\n$/)
})

await test('what cannot be done is told in a sentence', async (t) => {
  const { run, file } = await open(t)
  const good = file('todos.csv', 'title\nx')
  refused(t, await run('todos', good, '--user', 'carol'), /There is no user carol/)
  refused(t, await run('todos', file('todos', 'title\nx'), '--user', 'alice'), /add --format csv/)
  refused(
    t,
    await run('todos', `${good}.csv`, '--user', 'alice'),
    /There is no file .*\.csv\.csv\./,
  )
  const folder = ['--format', 'csv', '--user', 'alice']
  refused(t, await run('todos', tmpdir(), ...folder), /is a directory/)
  const header = file('header.csv', 'sep=,\ntitle\nx')
  t.match((await run('todos', header, '--user', 'alice')).stderr, /^error: 1 row of .+ cannot be/)
  const broken = file('broken.csv', 'title\nx\n"y')
  const { code, stderr } = await run('todos', broken, '--user', 'alice', '--on-error', 'skip')
  t.match({ code, stderr }, { code: 1, stderr: /line 3: A quote in this row is not closed/ })
  const bytes = file('bytes.csv', Buffer.from('title\n\xff', 'latin1'))
  refused(t, await run('todos', bytes, '--user', 'alice'), /The file is not valid UTF-8/)
})

await test('wrong usage is told by the command', async (t) => {
  const url = 'sqlite:./nowhere/x.db'
  for (const args of [['posts', 'x.csv'], ['todos', 'x.csv'], ['todos']]) {
    const { code } = await commonplace(['import', ...args], { url })
    t.equal(code, 2, args.join(' '))
  }
})

await test('somebody who is quicker with an ISBN is passed over, or stops it', async (t) => {
  const { url, file, titles } = await open(t)
  const path = file('books.csv', 'title,author,isbn\nWalden,Thoreau,9780441478125\nEmma,Austen,')
  const wanted = { resource: 'books', file: path, user: 'alice' } as const
  /** While the first batch is written, the ISBN is taken. */
  const quicker = (backend: Backend): Backend => ({
    ...backend,
    batches: {
      ...backend.batches,
      async write(...batch) {
        const alice = await actorOf(backend, 'alice')
        const book = { title: 'q', author: 'q', isbn: '9780441478125' }
        await backend.books.create(alice, book).catch(() => undefined)
        return backend.batches.write(...batch)
      },
    },
  })
  await inside(url, async (backend) => {
    await t.rejects(importFile(quicker(backend), { ...wanted, onError: 'reject' }), {
      message: /^1 row of .+ cannot be imported. Nothing was written:\n {2}line 2: You have a book/,
    })
  })
  t.same(await titles('books'), ['q'])
  await inside(url, async (backend) => {
    const [book] = (await backend.books.page({})).records
    await backend.books.remove(await actorOf(backend, 'alice'), book?.id ?? 0)
    const said = await importFile(quicker(backend), { ...wanted, onError: 'skip' })
    t.match(said, /: 1 created, 1 passed over\./)
  })
  t.same(await titles('books'), ['q', 'Emma'])
})

await test('after a kill the same command goes on behind the last batch', async (t) => {
  const { url, run, file, titles } = await open(t)
  const wanted = rows(20_000)
  const path = file('todos.csv', ['title', ...wanted].join('\n'))
  const child = start(['import', 'todos', path, '--user', 'alice'], { url }, { stdio: 'ignore' })
  const ended = once(child, 'close')
  while ((await titles('todos')).length === 0) await pause(20)
  child.kill('SIGKILL')
  await ended
  const first = await titles('todos')
  t.ok(first.length > 0 && first.length < wanted.length, `${first.length} rows were written`)
  t.equal(first.length % 1000, 0, 'whole batches')
  const dry = await run('todos', path, '--user', 'alice', '--dry-run')
  t.match(dry, { code: 0, stdout: `imported, from row ${first.length + 1} on: 20000 created` })
  const { code, stdout } = await run('todos', path, '--user', 'alice')
  t.match({ code, stdout }, { code: 0, stdout: `from row ${first.length + 1} on: 20000 created` })
  t.same(await titles('todos'), wanted)
})
