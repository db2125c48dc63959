import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { frame } from './frame.ts'

const id = { type: 'integer', minimum: 1, maximum: 2147483647 }
const closed = { additionalProperties: false }
const Member = {
  $id: 'Member',
  type: 'object',
  properties: { name: { type: 'string' } },
  ...closed,
}
const routes = (app: FastifyInstance) => {
  app.addSchema(Member)
  app.get(
    '/api/v2/things/:id',
    {
      schema: {
        params: { type: 'object', properties: { id }, ...closed },
        querystring: {
          type: 'object',
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 100 },
            done: { type: 'boolean' },
            ids: { type: 'array', items: id, maxItems: 3 },
            list: { type: 'string' },
            sort: { type: 'string', enum: ['id', 'title'] },
            q: { type: 'string', maxLength: 3 },
          },
          ...closed,
        },
      },
    },
    async ({ params, query }) => ({ params, query }),
  )
  app.get('/api/v2/closed', async () => ({}))
  app.post(
    '/api/v2/things',
    {
      schema: {
        body: {
          type: 'object',
          required: ['title'],
          properties: {
            title: { type: 'string', minLength: 1, maxLength: 5 },
            count: { type: 'integer' },
            done: { type: 'boolean' },
            due: { type: ['string', 'null'], format: 'date-time' },
            rank: { anyOf: [{ type: 'string', enum: ['low', 'high'] }, { type: 'null' }] },
            tags: { type: 'array', items: { type: 'string' }, maxItems: 2, uniqueItems: true },
            blank: { type: 'string', pattern: String.raw`\S` },
            code: { type: 'string', pattern: '^[a-z]+$', examples: ['abc'] },
            password: { type: 'string', minLength: 8 },
            member: { $ref: 'Member#' },
          },
          ...closed,
        },
      },
    },
    async ({ body }) => body,
  )
}

type Frame = Awaited<ReturnType<typeof frame>>
const post = (app: Frame, payload: object) =>
  app.inject({ method: 'POST', url: '/api/v2/things', payload })
const faults = async (app: Frame, payload: object) => (await post(app, payload)).json().errors

await test('S51 one record has one id: aliases are refused', async (t) => {
  const app = await frame(t, routes)
  const aliases = [
    '1e3',
    '0x1',
    '1.0',
    '01',
    '%201',
    '1%20',
    '+1',
    '-1',
    '0',
    '9007199254740993',
    '1e20',
  ]
  for (const alias of [...aliases, 'Infinity', '١', 'null', '2147483648']) {
    const reply = await app.inject(`/api/v2/things/${alias}`)
    t.equal(reply.statusCode, 422, alias)
    t.same(reply.json().errors, [
      {
        in: 'path',
        parameter: 'id',
        code: reply.json().errors[0].code,
        detail: 'id must be a whole number from 1 to 2147483647',
      },
    ])
  }
  t.match((await app.inject('/api/v2/things/2147483647')).json(), { params: { id: 2147483647 } })
})

await test('S56 bodies are not coerced, parameters by explicit pattern only', async (t) => {
  const app = await frame(t, routes)
  for (const count of [null, '1', true, [1], 1.5]) {
    t.match(await faults(app, { title: 'x', count }), [
      { pointer: '#/count', code: 'wrong_type', detail: 'count must be a whole number' },
    ])
  }
  t.match(await faults(app, { title: 5 }), [{ detail: 'title must be a string' }])
  t.match(await faults(app, { title: null }), [{ detail: 'title must be a string' }])
  t.match(await faults(app, { title: 'x', done: 'true' }), [
    { detail: 'done must be true or false' },
  ])

  const { query } = (await app.inject('/api/v2/things/1?limit=7&done=false&ids=1,2&q=007')).json()
  t.same(query, { limit: 7, done: false, ids: [1, 2], q: '007' })
  for (const bad of ['limit=07', 'limit=', 'done=1', 'done=TRUE', 'done=', 'ids=1,x', 'ids=1,,2']) {
    t.equal((await app.inject(`/api/v2/things/1?${bad}`)).statusCode, 422, bad)
  }
})

await test('S57 NUL and lone surrogates are refused in every string', async (t) => {
  const app = await frame(t, routes)
  t.match(await faults(app, { title: 'a\0b' }), [
    { pointer: '#/title', code: 'malformed_text', detail: /^title must not contain/ },
  ])
  t.match(await faults(app, { title: 'x', tags: ['ok', '\ud800'] }), [{ pointer: '#/tags/1' }])
  t.match(await faults(app, { title: 'x', member: { name: '\udfff!' } }), [
    { pointer: '#/member/name', detail: /^member.name must be well-formed/ },
  ])
  t.equal((await post(app, { title: '😀' })).statusCode, 200, 'a whole pair is fine')
  for (const q of ['%00', 'a%00', '%ED%A0%80', '%zz', '%']) {
    const reply = await app.inject(`/api/v2/things/1?q=${q}`)
    t.match(reply.json(), { status: 422, errors: [{ in: 'query', parameter: 'q' }] }, q)
  }
})

await test('S58 S59 limits, unknown and repeated parameters are refused by name', async (t) => {
  const app = await frame(t, routes)
  const errors = async (query: string) =>
    (await app.inject(`/api/v2/things/1?${query}`)).json().errors
  for (const limit of ['0', '101', '99999999999999999999']) {
    t.match(await errors(`limit=${limit}`), [
      { detail: 'limit must be a whole number from 1 to 100' },
    ])
  }
  t.same(await errors('foo=1'), [
    {
      in: 'query',
      parameter: 'foo',
      code: 'unknown_parameter',
      detail: '"foo" is not a parameter of this path',
    },
  ])
  for (const query of ['limit=1&limit=2', 'limit=1&limit[]=2', 'list=a&list=b']) {
    t.match(await errors(query), [{ code: 'repeated', detail: / is given more than once$/ }])
  }
  t.match(await errors('sort=nope'), [{ detail: 'sort must be one of id, title' }])
  for (const name of ['__proto__', 'constructor', 'toString', 'a.b', '%22%0A']) {
    t.match(await errors(`${name}=1`), [{ code: 'unknown_parameter' }], name)
  }
  t.match((await app.inject('/api/v2/closed?x=1')).json(), { errors: [{ parameter: 'x' }] })
})

await test('lists that axios sends with brackets are joined', async (t) => {
  const app = await frame(t, routes)
  const query = async (text: string) => (await app.inject(`/api/v2/things/1?${text}`)).json().query
  t.same(await query('ids[]=1&ids[]=2'), { ids: [1, 2] })
  t.same(await query('ids%5B%5D=3'), { ids: [3] })
  t.same(await query('list[]=a&list[]=b+c'), { list: 'a,b c' })
  t.same(await query('&q=a%20b&'), { q: 'a b' })
})

await test('each violation is told in a sentence, all at once', async (t) => {
  const app = await frame(t, routes)
  t.match(await faults(app, {}), [
    { pointer: '#/title', code: 'required', detail: 'title is required' },
  ])
  const wrong = {
    title: '',
    rank: 5,
    due: 'soon',
    tags: ['a', 'a'],
    blank: ' ',
    code: '1',
    x: 1,
  }
  const details = (await faults(app, wrong)).map(({ detail }: { detail: string }) => detail)
  t.same(details.toSorted(), [
    '"x" is not a member of this body',
    'blank must not be blank',
    'code must look like abc',
    'due must be a date-time such as 2026-11-20T16:33:06Z',
    'rank must be a string',
    'rank must be one of low, high',
    'tags must not hold the same item twice',
    'title must not be empty',
  ])
  t.match(await faults(app, { title: 'x', rank: 'mid' }), [
    { detail: 'rank must be one of low, high' },
  ])
  t.match(await faults(app, { title: 'x', due: 5 }), [{ detail: 'due must be a string or null' }])
  t.match(await faults(app, { title: 'toolong' }), [
    { detail: 'title must have at most 5 characters' },
  ])
  t.match(await faults(app, { title: 'x', member: { age: 1 } }), [
    { pointer: '#/member/age', detail: '"age" is not a member of member' },
  ])
  t.match(await faults(app, []), [{ pointer: '#', detail: 'The body must be an object' }])
  t.equal((await post(app, { title: 'x', rank: null, due: null })).statusCode, 200)
})

await test('values are not echoed: one may be a password', async (t) => {
  const app = await frame(t, routes)
  const reply = await post(app, {
    title: 'x',
    password: 'canary!',
    code: 'canary?',
    rank: 'canary',
  })
  t.equal(reply.json().errors.length, 3)
  t.notMatch(reply.body, /canary/)
})

await test('a flood of violations is cut, not rendered', async (t) => {
  const app = await frame(t, routes)
  const payload = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`m${i}`, 1]))
  const errors = await faults(app, payload)
  t.equal(errors.length, 50)
})
