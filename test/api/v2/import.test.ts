import { test, type Test } from 'tap'
import { start } from '../../helper.ts'

const CSV = { 'content-type': 'text/csv' }
const NDJSON = { 'content-type': 'application/x-ndjson; charset=UTF-8' }

async function open(t: Test) {
  const started = await start(t)
  const alice = await started.as('alice')
  const send = async (path: string, file: string, headers: Record<string, string> = CSV) => {
    const { status, body } = await alice.post(`/api/v2/${path}`, file, { headers })
    return { status, body }
  }
  const all = async (resource: 'todos' | 'books') =>
    (await alice.get(`/api/v2/${resource}?sort=id:asc&limit=100`)).body.data
  return { ...started, alice, send, all }
}

await test('a file of to-dos becomes to-dos', async (t) => {
  const { send, all } = await open(t)
  const csv = [
    'title,description,completed,due_at,priority',
    'water the plants,,true,2026-11-27T17:00:00+01:00,high',
    '',
    '" feed, the cat ","two\r\nlines",false,,',
    'sleep,"",,,low',
  ].join('\r\n')
  t.strictSame(await send('todos/import', csv), {
    status: 201,
    body: { created: 3, rejected: 0, errors: [] },
  })
  t.match(await all('todos'), [
    {
      title: 'water the plants',
      description: null,
      completed: true,
      completed_at: String,
      due_at: '2026-11-27T16:00:00.000Z',
      priority: 'high',
    },
    { title: 'feed, the cat', description: 'two\r\nlines', completed: false, priority: 'normal' },
    { title: 'sleep', description: '', priority: 'low' },
  ])
})

await test('a file of books becomes books, whatever its line ends', async (t) => {
  const { send, all, backend } = await open(t)
  const lines = ['\uFEFFauthor,title,isbn,published_year', 'Le Guin,Gethen,0-441-47812-3,-44', '']
  for (const end of ['\n', '\r\n', '\r']) {
    const file = lines.join(end).replace('0-441-47812-3', end === '\n' ? '0-441-47812-3' : '')
    t.match(await send('books/import', file), { status: 201, body: { created: 1 } })
  }
  t.match(await send('books/import', '{"title":"x","author":"y","user":{"id":3}}\n\n', NDJSON), {
    status: 201,
    body: { created: 1 },
  })
  const books = await all('books')
  t.match(books[0], { title: 'Gethen', author: 'Le Guin', published_year: -44 })
  t.equal(books[0].isbn, '9780441478125')
  t.match(books[3], { title: 'x', isbn: null, user: { username: 'alice' } })
  const changes = await backend.store.query((q) => q.select().from(backend.store.tables.changes))
  t.match(
    changes,
    books.map(({ id }: { id: number }) => ({ type: 'book.created', resourceId: id })),
    'events tell of them',
  )
})

await test('a library export of Goodreads becomes books', async (t) => {
  const { send, all } = await open(t)
  const file = `Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Publisher,Year Published,Original Publication Year,Exclusive Shelf,My Review
44767458,"Dune (Dune, #1)",Frank Herbert,"Herbert, Frank",,"=""0441172717""","=""9780441172719""",5,Ace,2019,1965,read,"Sand.<br/>""Spice."""
1,Walden,Henry David Thoreau,,,=,="",0,,1854,,to-read,
2,Emma,Jane Austen,,,="0141439580","=""""",0,,,,read,
`
  t.match(await send('books/import', file), { status: 201, body: { created: 3 } })
  t.match(await all('books'), [
    {
      title: 'Dune (Dune, #1)',
      author: 'Frank Herbert',
      isbn: '9780441172719',
      published_year: 1965,
      description: 'Sand.\n"Spice."',
    },
    { title: 'Walden', isbn: null, published_year: 1854, description: null },
    { title: 'Emma', isbn: '9780141439587', published_year: null },
  ])
  t.match(await send('todos/import', file), { status: 422 }, 'which are no to-dos')
  const torn = `${file}3,"Ulysses,James Joyce,,,,,0,,,,read,\n4,"Molloy",Samuel Beckett,,,,,0,,,,read,\n`
  t.match(await send('books/import', torn), {
    status: 422,
    body: { rejected: 1, errors: [{ line: 5, code: 'malformed_row' }] },
  })
})

const BAD = [
  'title,author,isbn,published_year',
  'Walden,Thoreau,9780441478125,1854',
  ',Thoreau,,',
  '"two',
  'lines",x,123,soon',
  'Emma,Austen,0-441-47812-3,1815',
  'Emma,Austen',
  'Emma,Austen,,10000',
  'Persuasion,Austen,,1817',
].join('\n')
const FAULTS = [
  { line: 3, code: 'required', detail: 'title is required' },
  { line: 4, code: 'wrong_type', detail: /^published_year must be a whole number/ },
  { line: 6, code: 'isbn_taken', detail: 'The row in line 2 has the same ISBN' },
  { line: 7, code: 'malformed_row', detail: 'The row has 2 cells, the header 4' },
  { line: 8, code: 'too_large', detail: /published_year/ },
]

await test('a file with bad rows is refused, and says which and why', async (t) => {
  const { send, all } = await open(t)
  const rejected = await send('books/import', BAD)
  t.match(rejected, { status: 422, body: { code: 'import_rejected', rejected: 5, errors: FAULTS } })
  t.equal(rejected.body.errors.length, FAULTS.length)
  t.same(await all('books'), [])
  const dry = await send('books/import?dry_run=true', BAD)
  t.match(dry, { status: 422, body: { rejected: 5 } })
  const good = await send('todos/import?dry_run=true', 'title\nWater the plants')
  t.match(good, { status: 200, body: { created: 1, rejected: 0 } })
  t.same(await all('todos'), [])
})

await test('on_error=skip writes the good rows', async (t) => {
  const { send, all } = await open(t)
  const dry = await send('books/import?on_error=skip&dry_run=true', BAD)
  t.match(dry, { status: 200, body: { created: 2, rejected: 5, errors: FAULTS } })
  t.same(await all('books'), [])
  const done = await send('books/import?on_error=skip', BAD)
  t.strictSame(done, { status: 201, body: dry.body })
  t.match(await all('books'), [{ title: 'Walden' }, { title: 'Persuasion' }])
  t.match(await send('books/import?on_error=skip', BAD), {
    status: 201,
    body: {
      created: 1,
      rejected: 6,
      errors: [{ line: 2, code: 'isbn_taken', detail: 'You have a book with this ISBN already' }],
    },
  })
})

await test('the first 1,000 faults are told, and all are counted', async (t) => {
  const { send } = await open(t)
  const { status, body } = await send('todos/import', `title,completed\n${',yes\n'.repeat(1200)}`)
  t.match({ status, body }, { status: 422, body: { rejected: 1200 } })
  t.equal(body.errors.length, 1000)
})

await test('what NDJSON can hold that is no row is told by its line', async (t) => {
  const { send } = await open(t)
  const file = ['{"title":"x"}', '[1]', 'null', '{"title":', '{"title":"a","b":1}', '{}'].join('\n')
  t.match(await send('todos/import', file, NDJSON), {
    status: 422,
    body: {
      rejected: 5,
      errors: [
        { line: 2, code: 'malformed_row', detail: 'The line is not a JSON object' },
        { line: 3, code: 'malformed_row' },
        { line: 4, code: 'malformed_row', detail: 'The line is not valid JSON' },
        { line: 5, code: 'unknown_member', detail: '"b" is not a member of this row' },
        { line: 6, code: 'required' },
      ],
    },
  })
})

await test('somebody who is quicker with an ISBN makes it a bad row, not a fault', async (t) => {
  const { send, all, backend, alice } = await open(t)
  const { store } = backend
  const { transaction } = store
  const quicker = () => {
    store.transaction = async (body) => {
      store.transaction = transaction
      const isbn = '9780441478125'
      t.equal((await alice.post('/api/v2/books', { title: 'q', author: 'q', isbn })).status, 201)
      return transaction(body)
    }
  }
  const file = 'title,author,isbn\nWalden,Thoreau,0-441-47812-3\nEmma,Austen,'
  quicker()
  t.match(await send('books/import', file), {
    status: 422,
    body: { rejected: 1, errors: [{ line: 2, code: 'isbn_taken' }] },
  })
  t.match(await all('books'), [{ title: 'q' }])
  await alice.delete(`/api/v2/books/${(await all('books'))[0].id}`)
  quicker()
  t.match(await send('books/import?on_error=skip', file), {
    status: 201,
    body: { created: 1, rejected: 1 },
  })
  t.match(await all('books'), [{ title: 'q' }, { title: 'Emma' }])
})

await test('an ISBN that only somebody else has is free', async (t) => {
  const { send, as } = await open(t)
  const bob = await as('bob')
  await bob.post('/api/v2/books', { title: 'x', author: 'y', isbn: '9780441478125' })
  const reply = await send('books/import', 'title,author,isbn\nx,y,9780441478125')
  t.match(reply, { status: 201, body: { created: 1 } })
})

await test('with an Idempotency-Key a file is imported once', async (t) => {
  const { alice, all } = await open(t)
  const headers = { ...CSV, 'idempotency-key': 'k1' }
  const send = (path: string, file: string) => alice.post(`/api/v2/${path}`, file, { headers })
  const first = await send('books/import', 'title,author,isbn\nx,y,9780441478125')
  t.match(first, { status: 201, body: { created: 1 } })
  const again = await send('books/import', 'title,author,isbn\nx,y,9780441478125')
  t.match(again, { status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } })
  t.equal((await all('books')).length, 1)
  const other = await send('books/import', 'title,author,isbn\nx,z,')
  t.match(other, { status: 422, body: { code: 'idempotency_key_reused' } })
  const skipping = await send('books/import?on_error=skip', 'title,author,isbn\nx,y,9780441478125')
  t.match(skipping, { status: 422, body: { code: 'idempotency_key_reused' } })
})

await test('a large file is seen whole or not at all', async (t) => {
  const { send, all, alice } = await open(t)
  const rows = 3000
  const file = `title\n${Array.from({ length: rows }, (_, i) => `row ${i}\n`).join('')}`
  const seen = new Set<number>()
  const progress = { isDone: false }
  const done = send('todos/import', file).finally(() => (progress.isDone = true))
  while (!progress.isDone)
    seen.add((await alice.get('/api/v2/todos?limit=1&total=true')).body.page.total)
  t.match(await done, { status: 201, body: { created: rows } })
  t.ok(
    [...seen].every((count) => count === 0 || count === rows),
    [...seen].join(),
  )
  t.equal((await all('todos'))[99].title, 'row 99')
})
