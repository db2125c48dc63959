import { Readable } from 'node:stream'
import { test, type Test } from 'tap'
import { start } from '../helper.ts'
import type { Refusal, Violation } from './refusals.ts'
import { refuses as v1 } from './v1/refusals.ts'
import { refuses as v2 } from './v2/refusals.ts'

const JSON_TYPE = 'application/json'
const MALFORMED = 'The body is not valid JSON'
const NO_OBJECT = 'The body must be an object'

type Fault = Pick<Refusal, 'name' | 'body' | 'status' | 'code' | 'message' | 'errors'>

const unreadable = (name: string, body: unknown, message = MALFORMED): Fault => ({
  name,
  body,
  status: 400,
  code: 'malformed_request',
  message,
})
const unacceptable = (
  name: string,
  body: unknown,
  message: string | RegExp,
  errors?: Violation[],
): Fault => ({
  name,
  body,
  status: 422,
  code: 'validation_failed',
  message,
  ...(errors && { errors }),
})
const noObject = (name: string, body: string) =>
  unacceptable(name, body, NO_OBJECT, [{ pointer: '#', code: 'wrong_type', detail: NO_OBJECT }])

const malformed = [
  unreadable('half an object', '{"title":'),
  unreadable('a trailing comma', '{"title":"x",}'),
  unreadable('NaN', '{"title":NaN}'),
  unreadable('single quotes', "{'title':'x'}"),
  unreadable('a raw NUL', '{"title":"a\0b"}'),
  unreadable('a raw line break', '{"title":"a\nb"}'),
  unreadable('two values', '{} {}'),
  unreadable('blanks', '   '),
  unreadable('a form', 'title=x&content=y'),
  unreadable(
    'invalid UTF-8',
    Buffer.from([123, 34, 255, 34, 58, 49, 125]),
    'The body is not valid UTF-8',
  ),
  unreadable('null', 'null', 'The body must not be null'),
  noObject('a list', '[{"title":"x"}]'),
  noObject('a text', '"title"'),
  noObject('a number', '5'),
  noObject('true', 'true'),
]
const polluting = [
  '{"__proto__":{"polluted":true}}',
  String.raw`{"\u005f\u005fproto__":{"polluted":true}}`,
  String.raw`{"__pr\u006fto__":{"polluted":true}}`,
  '{"constructor":{"prototype":{"polluted":true}}}',
  String.raw`{"c\u006fnstructor":{"prototype":{"polluted":true}}}`,
  '{"title":{"__proto__":{"polluted":true}}}',
].map((body) => unreadable(body, body))
const TOO_DEEP = 'The body is nested deeper than 32 levels'
const deep = [33, 5_000, 40_000].flatMap((depth) => [
  unreadable(`${depth} lists`, '['.repeat(depth) + ']'.repeat(depth), TOO_DEEP),
  unreadable(
    `${depth} lists in a member`,
    `{"title":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    TOO_DEEP,
  ),
  unreadable(`${depth} objects`, '{"a":'.repeat(depth) + '1' + '}'.repeat(depth), TOO_DEEP),
])
const types = [
  undefined,
  'text/plain',
  'application/xml',
  'text/json',
  'application/problem+json',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'nonsense',
]
const VERSIONS = [
  { version: 'v1', refuses: v1, needing: 9 },
  { version: 'v2', refuses: v2, needing: 24 },
]

for (const { version, refuses, needing } of VERSIONS)
  await test(`every route of ${version} that takes a body`, async (t) => {
    const started = await start(t)
    const alice = await started.as('alice')
    await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
    await alice.post('/api/v1/todos', { title: 'a' })
    await alice.post('/api/v1/books', { title: 'a', author: 'b' })

    const { body: document } = await started.request('GET', `/api/${version}/openapi.json`)
    const paths: Record<string, Record<string, { requestBody?: Body }>> = document.paths
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody: body }]) =>
        // Files have refusals of their own (v2/import-refusals.test.ts).
        body && JSON_TYPE in body.content
          ? {
              call: `${method.toUpperCase()} ${path.replace(/\{\w+\}/, '1')}`,
              required: body.required === true,
              types: new Set(Object.keys(body.content)),
            }
          : [],
      ),
    )
    const bearer = (call: string) =>
      `Bearer ${call === 'POST /refresh' ? alice.refreshToken : alice.accessToken}`
    const headersOf = (call: string) => ({
      authorization: bearer(call),
      'content-type': JSON_TYPE,
    })
    const refusesAll = (t: Test, faults: Fault[]) =>
      refuses(
        t,
        started,
        undefined,
        operations.flatMap(({ call }) =>
          faults.map((fault) => ({ call, headers: headersOf(call), ...fault })),
        ),
      )

    await t.test('S52 refuses what is not a JSON object', async (t) => {
      t.ok(operations.length >= 8)
      await refusesAll(t, malformed)
    })
    await t.test('S52 refuses an empty body, where it needs one', async (t) => {
      const calls = operations.filter(({ required }) => required).map(({ call }) => call)
      t.equal(calls.length, needing)
      await refuses(
        t,
        started,
        undefined,
        calls.map((call) => ({
          call,
          headers: headersOf(call),
          ...unreadable('empty', '', 'The body is empty'),
        })),
      )
    })
    await t.test('S53 reads no other type, and no type for none', async (t) => {
      await refuses(
        t,
        started,
        undefined,
        operations.flatMap(({ call, types: own }) =>
          types
            .filter((type) => type === undefined || !own.has(type))
            .map((type) => ({
              call,
              name: type ?? 'no type',
              body: '{"title":"x"}',
              headers: { authorization: bearer(call), ...(type && { 'content-type': type }) },
              status: 415,
              code: 'unsupported_media_type',
              message: 'Request must be JSON',
            })),
        ),
      )
    })
    await t.test('S53 refuses more than 256 KiB, also when it comes in chunks', async (t) => {
      const body = JSON.stringify({ title: 'x'.repeat(256 * 1024) })
      const refusal = {
        status: 413,
        code: 'payload_too_large',
        message: 'The body is larger than this path accepts',
      }
      await refusesAll(t, [{ name: 'at once', body, ...refusal }])
      // A stream is read once, so each request gets its own.
      for (const { call } of operations) {
        const chunks = Readable.from([body.slice(0, 100), body.slice(100)])
        const row = { call, name: 'in chunks', body: chunks, headers: headersOf(call), ...refusal }
        await refuses(t, started, undefined, [row])
      }
    })
    await t.test('S54 refuses what would change a prototype', async (t) => {
      const before = Reflect.ownKeys(Object.prototype)
      await refusesAll(t, polluting)
      t.strictSame(Reflect.ownKeys(Object.prototype), before)
      t.notOk('polluted' in {})
    })
    await t.test('S55 refuses what is nested deep, whatever the depth', async (t) => {
      await refusesAll(t, deep)
    })
  })

interface Body {
  required?: boolean
  content: object
}
