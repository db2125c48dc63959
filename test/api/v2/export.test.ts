import { test } from 'tap'
import { start } from '../../helper.ts'

const HEADERS = {
  todos: 'id,title,description,completed,completed_at,due_at,priority,created_at,updated_at',
  books: 'id,title,author,isbn,published_year,description,user_id,username,created_at,updated_at',
  posts: 'id,title,content,category,user_id,username,created_at,updated_at',
}
const NEW = {
  todos: { title: 'water the plants', description: '=1+1', due_at: '2026-11-27T16:00:00.000Z' },
  books: { title: 'Walden', author: 'Thoreau', published_year: 1854 },
  posts: { title: 'On reading', content: 'Copy it,\r\nall of "it".' },
}
const RESOURCES = ['todos', 'books', 'posts'] as const

await test('an export has the records of whoever asks, in the order of their ids', async (t) => {
  const { as } = await start(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  for (const resource of RESOURCES) {
    const path = `/api/v2/${resource}`
    const [first, , second] = [
      await alice.post(path, NEW[resource]),
      await bob.post(path, NEW[resource]),
      await alice.post(path, { ...NEW[resource], title: '-2' }),
    ]
    await t.test(`${resource} as CSV`, async (t) => {
      const { status, headers, text } = await alice.get(`${path}/export`)
      t.equal(status, 200)
      t.match(headers, {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${resource}.csv"`,
        'cache-control': 'no-store',
      })
      t.notOk(headers['content-length'])
      const [header, row, ...others] = text.replaceAll('\r\nall', '…').split('\r\n')
      t.equal(header, HEADERS[resource])
      t.match(row, new RegExp(`^${first.body.id},"${NEW[resource].title}",`))
      t.match(others, [new RegExp(`^${second.body.id},"'-2",`), ''])
    })
    await t.test(`${resource} as NDJSON`, async (t) => {
      const { headers, text } = await alice.get(`${path}/export?format=ndjson`)
      t.match(headers, {
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': `attachment; filename="${resource}.ndjson"`,
      })
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const { user, ...members } = first.body
      const owner = user && { user_id: user.id, username: user.username }
      t.strictSame(rows[0], { ...members, ...owner })
      t.same(
        rows.map(({ id }) => id),
        [first.body.id, second.body.id],
      )
      t.equal(Object.keys(rows[0]).join(), HEADERS[resource])
    })
  }
  await t.test('all that one may read, where others have something to read', async (t) => {
    for (const resource of ['books', 'posts']) {
      const { text } = await bob.get(`/api/v2/${resource}/export?format=ndjson&all=true`)
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      t.same(
        rows.map(({ username }) => username),
        ['alice', 'bob', 'alice'],
      )
      const own = await bob.get(`/api/v2/${resource}/export?format=ndjson&all=false`)
      t.equal(own.text.trimEnd().split('\n').length, 1)
    }
    const { status, body } = await bob.get('/api/v2/todos/export?all=true')
    t.match({ status, body }, { status: 422, body: { errors: [{ parameter: 'all' }] } })
  })
  await t.test('who has nothing gets the header alone, or no line', async (t) => {
    const carol = await as('carol')
    t.equal((await carol.get('/api/v2/todos/export')).text, `${HEADERS.todos}\r\n`)
    t.equal((await carol.get('/api/v2/todos/export?format=ndjson')).text, '')
  })
  await t.test('HEAD tells of the file and reads none of it', async (t) => {
    const { status, headers, text } = await alice.send('HEAD', '/api/v2/todos/export')
    t.match({ status, text }, { status: 200, text: '' })
    t.match(headers, { 'content-disposition': 'attachment; filename="todos.csv"' })
    t.notOk(headers['content-length'])
  })
})
