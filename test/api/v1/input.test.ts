import { Readable } from 'node:stream'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { type Refusal, refuses } from './refusals.ts'

const JSON_TYPE = 'application/json'
const MALFORMED = 'The body is not valid JSON'
const NO_JSON = 'Request must be JSON'
const NO_OBJECT = 'The body must be an object'

type Fault = [name: string, body: unknown, message: string | RegExp]

const malformed: Fault[] = [
  ['half an object', '{"title":', MALFORMED],
  ['a trailing comma', '{"title":"x",}', MALFORMED],
  ['NaN', '{"title":NaN}', MALFORMED],
  ['single quotes', "{'title':'x'}", MALFORMED],
  ['a raw NUL', '{"title":"a\0b"}', MALFORMED],
  ['a raw line break', '{"title":"a\nb"}', MALFORMED],
  ['two values', '{} {}', MALFORMED],
  ['blanks', '   ', MALFORMED],
  ['a form', 'title=x&content=y', MALFORMED],
  ['invalid UTF-8', Buffer.from([123, 34, 255, 34, 58, 49, 125]), 'The body is not valid UTF-8'],
  ['null', 'null', 'The body must not be null'],
  ['a list', '[{"title":"x"}]', NO_OBJECT],
  ['a text', '"title"', NO_OBJECT],
  ['a number', '5', NO_OBJECT],
  ['true', 'true', NO_OBJECT],
]
const polluting: Fault[] = [
  '{"__proto__":{"polluted":true}}',
  String.raw`{"\u005f\u005fproto__":{"polluted":true}}`,
  String.raw`{"__pr\u006fto__":{"polluted":true}}`,
  '{"constructor":{"prototype":{"polluted":true}}}',
  String.raw`{"c\u006fnstructor":{"prototype":{"polluted":true}}}`,
  '{"title":{"__proto__":{"polluted":true}}}',
].map((body) => [body, body, MALFORMED])
const deep: Fault[] = [5_000, 60_000].flatMap((depth): Fault[] => [
  [`${depth} lists`, '['.repeat(depth) + ']'.repeat(depth), NO_OBJECT],
  [
    `${depth} lists in a member`,
    `{"title":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    /title must be a string|"title" is not a member of this body/,
  ],
  [
    `${depth} objects`,
    '{"a":'.repeat(depth / 2) + '1' + '}'.repeat(depth / 2),
    /"a" is not a member of this body/,
  ],
])
const types = [
  undefined,
  'text/plain',
  'application/xml',
  'text/json',
  'application/problem+json',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'nonsense',
]

await test('every route that takes a body', async (t) => {
  const started = await start(t)
  const alice = await started.as('alice')
  await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  await alice.post('/api/v1/todos', { title: 'a' })
  await alice.post('/api/v1/books', { title: 'a', author: 'b' })

  const operations: Array<{ call: string; required: boolean; json: boolean }> = []
  const paths: Record<string, Record<string, { requestBody?: Body }>> = started.documents.v1.paths
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { requestBody: body }] of Object.entries(methods))
      if (body)
        operations.push({
          call: `${method.toUpperCase()} ${path.replace('{id}', '1')}`,
          required: body.required === true,
          json: Object.keys(body.content).every((type) => type === JSON_TYPE),
        })
  const bearer = (call: string) =>
    `Bearer ${call === 'POST /refresh' ? alice.refreshToken : alice.accessToken}`
  const refusesAll = (t: Parameters<typeof refuses>[0], faults: Fault[], more: Partial<Refusal>) =>
    refuses(
      t,
      started,
      undefined,
      operations.flatMap(({ call }) =>
        faults.map(([name, body, message]) => ({
          call,
          name,
          body,
          message,
          status: 400,
          ...more,
          headers: { authorization: bearer(call), 'content-type': JSON_TYPE, ...more.headers },
        })),
      ),
    )

  await t.test('S52 refuses what is not a JSON object', async (t) => {
    t.ok(operations.length >= 10)
    await refusesAll(t, malformed, {})
  })
  await t.test('S52 refuses an empty body, where it needs one', async (t) => {
    const needing = operations.filter(({ required }) => required)
    t.equal(needing.length, 9)
    await refuses(
      t,
      started,
      undefined,
      needing.map(({ call }) => ({
        call,
        body: '',
        headers: { authorization: bearer(call), 'content-type': JSON_TYPE },
        status: 400,
        message: 'The body is empty',
      })),
    )
  })
  await t.test('S53 reads no other type, and no type for none', async (t) => {
    const refusal = (call: string, type?: string): Refusal => ({
      call,
      name: type ?? 'no type',
      body: '{"title":"x"}',
      headers: { authorization: bearer(call), ...(type && { 'content-type': type }) },
      status: 400,
      message: NO_JSON,
    })
    const form = 'application/x-www-form-urlencoded'
    await refuses(
      t,
      started,
      undefined,
      operations.flatMap(({ call, json }) => [
        ...types.map((type) => refusal(call, type)),
        ...(json ? [refusal(call, form)] : []),
      ]),
    )
  })
  await t.test('S53 refuses more than 256 KiB, also when it comes in chunks', async (t) => {
    const body = JSON.stringify({ title: 'x'.repeat(256 * 1024) })
    const refusal = { status: 413, message: 'The body is larger than this path accepts' }
    await refusesAll(t, [['at once', body, '']], refusal)
    // A stream is read once, so each request gets its own.
    for (const { call } of operations) {
      const headers = { authorization: bearer(call), 'content-type': JSON_TYPE }
      const chunks = Readable.from([body.slice(0, 100), body.slice(100)])
      const row = { call, name: 'in chunks', body: chunks, headers, ...refusal }
      await refuses(t, started, undefined, [row])
    }
  })
  await t.test('S54 refuses what would change a prototype', async (t) => {
    const before = Reflect.ownKeys(Object.prototype)
    await refusesAll(t, polluting, {})
    t.strictSame(Reflect.ownKeys(Object.prototype), before)
    t.notOk('polluted' in {})
  })
  await t.test('S55 refuses what is nested deep, whatever the depth', async (t) => {
    await refusesAll(t, deep, {})
  })
})

interface Body {
  required?: boolean
  content: object
}
