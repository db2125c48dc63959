import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything, unchanged } from '../refusals.ts'
import { refuses } from './refusals.ts'

const CSV = { 'content-type': 'text/csv' }
const NDJSON = { 'content-type': 'application/x-ndjson' }
const MIB = 1024 * 1024

const NOT_A_FILE = {
  status: 415,
  code: 'unsupported_media_type',
  message: 'Request must be text/csv or application/x-ndjson, in UTF-8',
}
const TOO_LARGE = { status: 413, code: 'payload_too_large' }
const MALFORMED = { status: 400, code: 'malformed_request', message: 'The file is not valid UTF-8' }

const call = 'POST /todos/import'
const row = 'a good row\n'
const latin = (text: string) => Buffer.from(text, 'latin1')

await test('what is no file, or too much of one, is refused', async (t) => {
  const started = await start(t)
  const alice = await started.as('alice')
  const csv = { call, headers: CSV }
  const headers = (type: string, more = {}) => ({ headers: { 'content-type': type, ...more } })
  const invalid = { status: 422, code: 'validation_failed' }
  await refuses(t, started, undefined, [
    { ...csv, body: 'title\nx', status: 401, code: 'token_missing', message: 'Missing token' },
  ])
  await refuses(t, started, alice, [
    {
      ...csv,
      name: 'S53 50,001 rows',
      body: `title\n${row.repeat(50_001)}`,
      ...TOO_LARGE,
      message: 'The file has more than 50,000 rows',
    },
    {
      ...csv,
      name: 'S53 32 MiB and a byte',
      body: `title\n${'x'.repeat(32 * MIB - 5)}`,
      ...TOO_LARGE,
      message: 'The body is larger than 32 MiB',
    },
    { ...csv, name: 'not UTF-8', body: latin('title\n\xff\xfe'), ...MALFORMED },
    { ...csv, name: 'UTF-8 that is cut off', body: latin('title\n\xe2\x82'), ...MALFORMED },
    { ...csv, name: 'S57 a surrogate in UTF-8', body: latin('title\n\xed\xa0\x80'), ...MALFORMED },
    { call, headers: NDJSON, name: 'not UTF-8', body: latin('{"title":"\xff"}'), ...MALFORMED },
    {
      ...csv,
      call: `${call}?force=true`,
      body: 'title\nx',
      ...invalid,
      message: '"force" is not a parameter of this path',
    },
    {
      ...csv,
      call: `${call}?dry_run=1`,
      body: 'title\nx',
      ...invalid,
      message: 'dry_run must be true or false',
    },
    { call, name: 'JSON', body: { title: 'x' }, ...NOT_A_FILE },
    { call, name: 'no body', ...NOT_A_FILE },
    { call, name: 'no media type', body: 'title\nx', ...headers('csv'), ...NOT_A_FILE },
    { call, name: 'text', body: 'title\nx', ...headers('text/plain'), ...NOT_A_FILE },
    { call, name: 'Latin-1', body: 'x', ...headers('text/csv; charset=latin1'), ...NOT_A_FILE },
    {
      call,
      name: 'zip',
      body: 'x',
      ...headers('text/csv', { 'content-encoding': 'gzip' }),
      ...NOT_A_FILE,
    },
  ])
})

/** Files with one bad row: in which line, and what is wrong. */
const BAD: Array<[name: string, file: string, headers: object, line: number, code: string]> = [
  ['S57 NUL', `title\n${row}a\0b\n`, CSV, 3, 'malformed_text'],
  ['S57 NUL in JSON', '{"title":"a\\u0000b"}', NDJSON, 1, 'malformed_text'],
  ['S57 half a surrogate pair', '{"title":"a\\ud800b"}', NDJSON, 1, 'malformed_text'],
  ['a quote that is not closed', `title\n${row}"${row}`, CSV, 3, 'malformed_row'],
  [
    'a quote that is closed too early',
    'title,priority\nx,\n"Foo" ,high\n',
    CSV,
    3,
    'malformed_row',
  ],
  [
    'a quote before the last cell',
    'title,priority\n"a,low\nb,low\n"c",low\n',
    CSV,
    2,
    'malformed_row',
  ],
  ['a quote in the midst of a cell', `title\n12" of rain\n${row}`, CSV, 2, 'malformed_row'],
  ['the same in the header', 'a"b\nx', CSV, 1, 'malformed_row'],
  ['what only Goodreads writes', 'title\n="x"\n', CSV, 2, 'malformed_row'],
  ['a cell of 200 KiB', `title\n${row}${'x'.repeat(200 * 1024)}\n`, CSV, 3, 'too_long'],
  ['a cell of 1 MiB', `title\n${row}${'x'.repeat(MIB)}\n`, CSV, 3, 'malformed_row'],
  ['a line of 1 MiB', `{"title":"${'x'.repeat(MIB)}"}\n{"title":"x"}`, NDJSON, 1, 'malformed_row'],
  ['S54 __proto__ as a column', 'title,__proto__\nx,y', CSV, 1, 'unknown_member'],
  ['S54 __proto__', '{"title":"x","__proto__":{"completed":true}}', NDJSON, 1, 'unknown_member'],
  ['S54 constructor', '{"title":"x","constructor":{"prototype":{}}}', NDJSON, 1, 'unknown_member'],
  ['S47 whose it is', 'title,user_id\nx,1', CSV, 1, 'unknown_member'],
  ['201 columns', `title${',x'.repeat(200)}\n`, CSV, 1, 'too_many'],
  ['S79 columns without end', ','.repeat(MIB), CSV, 1, 'too_many'],
  ['blank lines without end', `title\n${'\n'.repeat(200_000)}`, CSV, 100_002, 'malformed_row'],
  ['the same in NDJSON', '\n'.repeat(200_000), NDJSON, 100_001, 'malformed_row'],
  ['an empty file', '', CSV, 1, 'malformed_row'],
  ['a column is missing', 'description\nx', CSV, 1, 'required'],
  ['S56 a flag', 'title,completed\nx,1', CSV, 2, 'wrong_type'],
  ['a time', 'title,due_at\nx,tomorrow', CSV, 2, 'wrong_format'],
  ['a time of no database', 'title,due_at\nx,0000-01-01T00:00:00Z', CSV, 2, 'wrong_format'],
  ['a priority', 'title,priority\nx,urgent', CSV, 2, 'not_one_of'],
  ['blank', 'title\n" "', CSV, 2, 'wrong_format'],
  ['S56 nothing is converted', '{"title":5}', NDJSON, 1, 'wrong_type'],
]
await test('a bad row refuses the file, in words, and nothing is written', async (t) => {
  const { as, backend } = await start(t)
  const alice = await as('alice')
  const before = await everything(backend)
  for (const [name, file, headers, line, code] of BAD) {
    const reply = await alice.post('/api/v2/todos/import', file, { headers: { ...headers } })
    t.match(reply, { status: 422, body: { code: 'import_rejected', rejected: 1 } }, name)
    t.match(reply.body.errors[0], { line, code, detail: /./ }, name)
    t.ok(reply.text.length < 1000, 'the value is not told')
  }
  await unchanged(t, backend, before, 'bad rows')
  t.equal(Object.hasOwn(Object.prototype, 'completed'), false)
})

await test('what is wrong with a header is told by name', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const { body } = await alice.post('/api/v2/books/import', 'title,x,title,__proto__\n', {
    headers: CSV,
  })
  t.equal(body.rejected, 1, 'one row has all these faults')
  t.same(
    body.errors.map(({ line, code, detail }: Record<string, unknown>) => [line, code, detail]),
    [
      [1, 'unknown_member', '"x" is not a column of such a file'],
      [1, 'unknown_member', '"__proto__" is not a column of such a file'],
      [1, 'duplicate', 'The column title is there twice'],
      [1, 'required', 'The column author is missing'],
    ],
  )
})

await test('a row that cannot be read does not hide those before it', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const file = `title,completed\nx,yes\n"a\nb",true\n"${'y,true\n'.repeat(10)}`
  for (const query of ['', '?on_error=skip'])
    t.match(await alice.post(`/api/v2/todos/import${query}`, file, { headers: CSV }), {
      status: 422,
      body: { rejected: 2, errors: [{ line: 2 }, { line: 5, code: 'malformed_row' }] },
    })
  t.equal((await alice.get('/api/v2/todos?total=true')).body.page.total, 0)
})

await test('S79 behind a stray quote, or a row of too many cells, nothing is read', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const send = (file: string) =>
    alice.post('/api/v2/todos/import?on_error=skip', file, { headers: CSV })
  for (const [file, line, detail] of [
    ['title,description\n"a\nb",\n12" c,"d\ne"\nf,\n', 4, /^A cell with a quote in it/],
    ['title,priority\na,low\n"b,low\nc,low\n"d",low\n', 3, /^Behind a quote that closes a cell/],
    ['title\na\n"b\nc\n', 3, /^A quote in this row is not closed/],
    [`title\na\n${'"",'.repeat(1000)}\nb\n`, 3, /^The row has more than 1,000 cells: nothing/],
  ] as const)
    t.match(await send(file), { status: 422, body: { rejected: 1, errors: [{ line, detail }] } })
  t.equal((await alice.get('/api/v2/todos?total=true')).body.page.total, 0)
})

await test('a file without rows is no fault', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  for (const [file, headers] of [
    ['title', CSV],
    ['title,description\r\n', CSV],
    ['', NDJSON],
    ['\n\n', NDJSON],
  ] as const)
    t.match(await alice.post('/api/v2/todos/import', file, { headers }), {
      status: 201,
      body: { created: 0, rejected: 0 },
    })
})
