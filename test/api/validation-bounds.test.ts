import { test } from 'tap'
import { Ajv } from 'ajv'
import { bounded, boundKeywords } from '../../src/api/plugins/bounds.ts'
import { start } from '../helper.ts'
import { open } from './every-operation.ts'

const nested = (levels: number, inside = '1') =>
  `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`
const JSON_TYPE = { 'content-type': 'application/json' }

await test('S80 of a list that is too long nothing is told but that', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const cases: Array<[method: string, url: string, body: object, pointer: string, most: number]> = [
    [
      'POST',
      '/api/v2/posts/bulk',
      { operations: Array.from({ length: 101 }, () => ({})) },
      'operations',
      100,
    ],
    [
      'POST',
      '/api/v2/todos/bulk',
      { operations: Array.from({ length: 101 }, () => ({ op: 'create', value: { title: '\0' } })) },
      'operations',
      100,
    ],
    [
      'POST',
      '/api/v2/auth/api-keys',
      { name: 'x', scopes: Array.from({ length: 100 }, (_, n) => ({ n })) },
      'scopes',
      12,
    ],
  ]
  for (const [method, url, body, member, most] of cases) {
    const { status, body: said } = await alice.send(method, url, body)
    t.equal(status, 422, url)
    t.match(said.errors, [{ pointer: `#/${member}`, code: 'too_many' }], url)
    t.match(said.detail, RegExp(`^${member} must have at most \\d+ items$`), `${url} ${most}`)
  }
  t.same((await alice.delete('/api/v1/todos', { ids: Array(101).fill('x') })).body, {
    error: 'Bad Request',
    message: 'ids must have at most 100 items',
  })
  t.same((await alice.get('/api/v1/todos')).body, { todos: [] })
})

await test('S80 behind a limit that does not hold nothing is looked at', (t) => {
  const ajv = new Ajv({ allErrors: true, meta: false, validateSchema: false })
  boundKeywords(ajv)
  const limits = {
    type: 'object',
    properties: {
      words: { type: 'array', uniqueItems: true, items: { type: 'string', enum: ['x', 'y'] } },
      list: { type: 'array', maxItems: 2, uniqueItems: true, items: { type: 'string' } },
      text: { type: 'string', maxLength: 2, pattern: '^a*$' },
      moment: { type: 'string', format: 'date-time' },
    },
    additionalProperties: false,
  }
  const validate = ajv.compile(bounded(limits))
  const found = (data: object) => {
    t.type(validate(data), 'boolean')
    return (validate.errors ?? []).map(({ keyword }) => keyword).filter((one) => one !== 'if')
  }
  t.same(found({ list: [1, 1, 1], text: 'bbb' }), ['maxItems', 'maxLength'])
  t.same(found({ list: [1, 2], text: 'bb' }), ['type', 'type', 'pattern'])
  t.same(found({ words: ['z', 'z', 'z'] }), ['maxItems'])
  t.same(found({ words: ['x', 'x'] }), ['uniqueItems'])
  t.same(found({ list: ['x', 'x'] }), ['uniqueItems'])
  t.same(found({ list: [[], []] }), ['type', 'type'], 'lists and objects are not compared')
  t.same(found({ list: ['x', 'y'], text: 'aa', moment: '2026-11-20T16:33:06.902Z' }), [])
  t.same(found({ moment: `2026-11-20T16:33:06.${'9'.repeat(100)}Z` }), ['format'])
  const unknown = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`m${n}`, n]))
  t.equal(found(unknown).length, 50)
  t.end()
})

await test('S80 a body with much that is wrong gets a short answer', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const send = (body: string) => alice.post('/api/v2/posts', body, { headers: JSON_TYPE })
  const bad = (count: number) => `${'"\\u0000",'.repeat(count)}1`
  const bodies = {
    'unknown members': `{${Array.from({ length: 2000 }, (_, n) => `"m${n}":1`).join()}}`,
    'a long name with bad texts in it': `{"${'x'.repeat(9000)}":[${bad(60)}]}`,
    'bad texts in many records': `{"x":[${`[${bad(3)}],`.repeat(2000)}1]}`,
    'bad texts far inside': `{"title":${nested(30, bad(100))}}`,
  }
  for (const [name, body] of Object.entries(bodies)) {
    const reply = await send(body)
    t.equal(reply.status, 422, name)
    t.ok(reply.body.errors.length <= 1100, `${name}: ${reply.body.errors.length}`)
  }
  t.ok((await send(bodies['a long name with bad texts in it'])).text.length < 20_000)
})

await test('S80 a deep body is refused, with an Idempotency-Key as without', async (t) => {
  const opened = await open(t)
  const alice = await opened.as('alice')
  const { body: post } = await alice.post('/api/v2/posts', { title: 'x', content: 'y' })
  const operation = `{"op":"create","value":{"title":"x","content":${nested(20_000)}}}`
  const bodies: Array<[method: string, url: string, body: string]> = [
    ['POST', '/posts', `{"title":${nested(20_000)}}`],
    ['POST', '/todos', `{"title":"x","due_at":${nested(40)}}`],
    ['POST', '/books', nested(20_000)],
    ['POST', '/posts/bulk', `{"operations":[${operation}]}`],
    ['POST', '/todos/bulk', `{"operations":[${operation.replace('content', 'description')}]}`],
  ]
  for (const [method, url, body] of bodies)
    for (const key of [undefined, 'a-key'])
      t.match(
        await alice.send(method, `/api/v2${url}`, body, {
          headers: { ...JSON_TYPE, ...(key && { 'idempotency-key': key }) },
        }),
        { status: 400, body: { code: 'malformed_request' } },
        `${url} ${key}`,
      )
  t.match(
    await alice.post('/api/v2/todos/import', `{"title":${nested(20_000)}}`, {
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'b-key' },
    }),
    { status: 422, body: { errors: [{ line: 1, code: 'malformed_row' }] } },
  )
  t.match((await alice.get('/api/v2/posts')).body.data, [{ id: post.id }])
  t.same((await alice.get('/api/v2/todos')).body.data, [])
  t.match(
    await alice.post('/api/v2/posts', `{"title":"${'['.repeat(100)}\\"{","content":"\\\\"}`, {
      headers: JSON_TYPE,
    }),
    { status: 201 },
    'brackets in a text are none',
  )
})

await test('S80 every list of a request has a limit, and none compares objects', async (t) => {
  const { documents } = await start(t)
  for (const [version, document] of Object.entries(documents)) {
    const schemas = document.components.schemas
    const visit = (schema: Record<string, unknown>, where: string): void => {
      const { $ref, type, items, properties = {}, anyOf = [], oneOf = [] } = schema
      if (typeof $ref === 'string') {
        const name = $ref.slice($ref.lastIndexOf('/') + 1)
        return visit(schemas[name], where.endsWith(name) ? where : `${where} ${name}`)
      }
      if (type === 'array') {
        const isSet = schema['uniqueItems'] === true && Array.isArray(Object(items).enum)
        if (!isSet) t.type(schema['maxItems'], 'number', `${version} ${where}`)
        visit(Object(items), `${where}[]`)
        const item = Object(items).$ref ? schemas[Object(items).$ref.split('/').at(-1)] : items
        if (schema['uniqueItems']) t.not(Object(item).type, 'object', `${version} ${where}`)
      }
      if (Object(schema)['format'] !== undefined)
        t.match(schema['format'], /^(date-time|password|binary)$/, `${version} ${where}`)
      for (const [name, one] of Object.entries(Object(properties)))
        visit(Object(one), `${where}.${name}`)
      for (const one of [anyOf, oneOf].flat()) visit(Object(one), where)
    }
    for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths))
      for (const [method, { requestBody, parameters = [] }] of Object.entries(methods)) {
        for (const { schema } of Object.values(requestBody?.content ?? {}))
          visit(schema, `${method} ${path}`)
        for (const { schema, name } of parameters)
          if (schema) visit(schema, `${method} ${path} ${name}`)
      }
  }
})

interface Operation {
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> }
  parameters?: Array<{ name?: string; schema?: Record<string, unknown> }>
}
