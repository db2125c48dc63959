import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, ORIGIN, refused, register } from './command.ts'

async function open(t: Test) {
  const url = await freshDatabase(t)
  await register(url, 'alice', 'bob')
  await inside(url, async ({ accounts, todos, books, posts }) => {
    for (const name of ['alice', 'bob']) {
      const actor = { ...(await accounts.findByName(name)), sessionId: '', origin: ORIGIN }
      await todos.create(actor, { title: `to-do of ${name}` })
      await books.create(actor, { title: `=book of ${name}`, author: 'Someone' })
      await posts.create(actor, { title: `post of ${name}`, content: 'x' })
    }
  })
  const folder = t.testdir({})
  return {
    url,
    folder,
    at: (name: string) => join(folder, name),
    run: (...args: string[]) => here(['export', ...args], { url }),
  }
}
const titlesOf = (ndjson: string) =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).title)

await test('an export is a file with what is theirs, or what they may read', async (t) => {
  const { run, at, folder } = await open(t)
  t.match(await run('books', at('own.ndjson'), '--user', 'alice'), {
    code: 0,
    stdout: /^Exported 1 books to .+own\.ndjson\.\n$/,
    stderr: '',
  })
  t.same(titlesOf(readFileSync(at('own.ndjson'), 'utf8')), ['=book of alice'])
  t.equal(statSync(at('own.ndjson')).mode & 0o777, 0o600)
  for (const resource of ['books', 'posts']) {
    const file = at(`all-${resource}.jsonl`)
    t.match(await run(resource, file, '--user', 'bob', '--all'), { code: 0, stdout: /Exported 2/ })
    t.equal(titlesOf(readFileSync(file, 'utf8')).length, 2)
  }
  t.match(await run('books', at('books.csv'), '--user', 'bob'), { code: 0 })
  t.match(readFileSync(at('books.csv'), 'utf8'), /^id,title,.+\r\n\d+,"'=book of bob",/)
  t.match(await run('todos', at('x'), '--user', 'bob', '--format', 'csv'), { code: 0 })
  t.equal(readdirSync(folder).length, 5, 'nothing else is left')
})

await test('- is standard output, and nothing else is written there', async (t) => {
  const { url } = await open(t)
  const args = ['export', 'todos', '-', '--user', 'alice', '--format', 'ndjson']
  const { code, stdout, stderr } = await commonplace(args, { url })
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.same(titlesOf(stdout), ['to-do of alice'])
})

await test('what cannot be done is told, and leaves nothing', async (t) => {
  const { run, at } = await open(t)
  t.match(await run('todos', at('a.csv'), '--user', 'alice'), { code: 0 })
  const before = readFileSync(at('a.csv'))
  refused(t, await run('todos', at('a.csv'), '--user', 'alice'), /exists already/)
  t.same(readFileSync(at('a.csv')), before)
  refused(t, await run('todos', at('b.csv'), '--user', 'carol'), /There is no user carol/)
  refused(t, await run('todos', at('b.csv'), '--user', 'alice', '--all'), /private/)
  refused(t, await run('todos', at('b'), '--user', 'alice'), /add --format/)
  refused(t, await run('todos', at('no/b.csv'), '--user', 'alice'), /There is no folder/)
  t.notOk(existsSync(at('b.csv')))
})

await test('what was exported is imported as it was', async (t) => {
  const { url, run, at } = await open(t)
  for (const format of ['csv', 'ndjson']) {
    const file = at(`books.${format}`)
    t.match(await run('books', file, '--user', 'alice'), { code: 0 })
    t.match(await here(['import', 'books', file, '--user', 'bob'], { url }), { code: 0 })
  }
  await run('books', at('bob.ndjson'), '--user', 'bob')
  t.same(titlesOf(readFileSync(at('bob.ndjson'), 'utf8')), [
    '=book of bob',
    '=book of alice',
    '=book of alice',
  ])
})
