import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import Fastify, { type RouteOptions } from 'fastify'
import { test } from 'tap'
import { parse } from 'yaml'
import v1 from '../../../src/api/v1/index.ts'
import type { Ageing } from '../../../src/api/v1/contract.ts'
import { start } from '../../helper.ts'

/** The table of wire.md: what a client may call, and who may. */
const CONTRACT = [
  'POST /users public',
  'GET /users public',
  'GET /users/{id} public',
  'PUT /users/{id} user',
  'DELETE /users/{id} user',
  'POST /login public',
  'POST /refresh optional',
  'POST /logout user',
  'DELETE /logout user',
  'GET /me user',
  'GET /protected user',
  'GET /partially-protected optional',
  'GET /posts public',
  'GET /posts/{id} public',
  'POST /posts user',
  'PUT /posts/{id} user',
  'DELETE /posts/{id} user',
  'GET /todos user',
  'GET /todos/{id} user',
  'POST /todos user',
  'PUT /todos/{id} user',
  'DELETE /todos/{id} user',
  'DELETE /todos user',
  'GET /books user',
  'GET /books/{id} user',
  'POST /books user',
  'PUT /books/{id} user',
  'DELETE /books/{id} user',
]
const SECURITY: Record<string, string> = {
  '[]': 'public',
  '[{},{"bearerAuth":[]}]': 'optional',
  '[{"bearerAuth":[]}]': 'user',
}

interface Operation {
  operationId: string
  security: unknown
  parameters?: Array<{ name: string; schema: { default?: unknown }; explode?: boolean }>
  requestBody?: {
    required: boolean
    content: Record<string, { schema: unknown; example: unknown }>
  }
  responses: Record<string, { $ref?: string; headers?: object; content?: object }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: Record<'schemas' | 'headers' | 'responses', Record<string, { required?: boolean }>>
}
const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )

const outline = (one: Document) => ({
  operations: operationsOf(one).map(({ key, operation }) => [
    key,
    operation.operationId,
    Object.keys(operation.responses),
  ]),
  components: Object.values(one.components).map((part) => Object.keys(part)),
})

/** v1 alone: no server around it, so nothing else declares routes. */
async function bare(ageing: Ageing = {}) {
  const app = Fastify()
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  await app.register(v1, { prefix: '/api/v1', ...ageing })
  const document: Document = (await app.inject('/api/v1/openapi.json')).json()
  return { document, routes }
}

await test('the documents of v1', async (t) => {
  const {
    request,
    documents: { v1: document },
  } = await start(t)
  const yaml = await request('GET', '/api/v1/openapi.yaml')
  const mirror = await request('GET', '/api/v1/openapi-3.0.json')

  await t.test('JSON and YAML say the same', async (t) => {
    t.match(yaml.headers['content-type'], /^application\/yaml/)
    t.notMatch(yaml.text, /[&*][a-z]\d*$/m, 'no anchors: many tools cannot read them')
    t.same(parse(yaml.text), document)
  })

  await t.test('the 3.0 mirror has the same operations, replies and components', async (t) => {
    t.match(document, { openapi: '3.1.0' })
    t.match(mirror.body, { openapi: '3.0.3', info: document.info, servers: document.servers })
    t.same(outline(mirror.body), outline(document))
    t.notMatch(mirror.text, /"examples":|"type":\[|"type":"null"/, 'nothing of 3.1 in it')
  })

  for (const [name, content] of [
    ['3.1', document],
    ['3.0', mirror.body],
  ])
    await t.test(`${name} is valid OpenAPI`, async (t) => {
      const file = `${t.testdir({})}/openapi.json`
      await writeFile(file, JSON.stringify(content))
      const env = {
        ...process.env,
        REDOCLY_TELEMETRY: 'off',
        REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      }
      const redocly = ['node_modules/@redocly/cli/bin/cli.js', 'lint', '--extends=spec', file]
      await t.resolves(promisify(execFile)(process.execPath, redocly, { env }))
    })

  await t.test('they hold the contract, no more and no less', async (t) => {
    const found = operationsOf(document).map(
      ({ key, operation }) => `${key} ${SECURITY[JSON.stringify(operation.security)]}`,
    )
    t.same(found.toSorted(), CONTRACT.toSorted())
    const ids = operationsOf(document).map(({ operation }) => operation.operationId)
    t.equal(new Set(ids).size, ids.length, 'operation ids are unique')
    t.ok(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id)))
  })

  await t.test('every refusal that can come is there', async (t) => {
    for (const { key, operation } of operationsOf(document)) {
      const wanted = ['400', '429', '431', '500', '503']
      if (operation.security && SECURITY[JSON.stringify(operation.security)] !== 'public')
        wanted.push('401')
      if (key.includes('{id}')) wanted.push('404', '414')
      if (/^(PUT|DELETE) .*\{id\}|\/todos\/\{id\}/.test(key)) wanted.push('403')
      if (!key.startsWith('GET')) wanted.push('413', '507')
      const missing = wanted.filter((status) => !(status in operation.responses))
      t.same(missing, [], key)
    }
  })

  await t.test('bodies are required where they are', async (t) => {
    const body = (path: string, method: string): Operation['requestBody'] =>
      document.paths[path][method].requestBody
    t.equal(body('/posts', 'post')?.required, true)
    t.equal(body('/refresh', 'post')?.required, false)
    t.equal(body('/todos', 'delete')?.required, false)
    t.equal(body('/logout', 'post'), undefined)
    t.same(Object.keys(body('/login', 'post')?.content ?? {}), [
      'application/json',
      'application/x-www-form-urlencoded',
    ])
    t.notMatch(JSON.stringify(document.paths), /"default":/, 'no default on request members')
  })

  await t.test('bodies with a schema have an example', async (t) => {
    for (const { key, operation } of operationsOf(document))
      for (const part of [operation.requestBody, ...Object.values(operation.responses)])
        for (const media of Object.values(part?.content ?? {}))
          t.match(media, { schema: { $ref: /^#\/components\/schemas\// }, example: {} }, key)
  })
})

await test('every route of v1 is documented, every documented operation is a route', async (t) => {
  const { document, routes } = await bare()
  const declared = routes.flatMap(({ method, url, schema }) =>
    [method]
      .flat()
      .filter((one) => one !== 'HEAD' && !schema?.hide)
      .map((one) => `${one} ${url.replace('/api/v1', '').replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  t.same(
    operationsOf(document)
      .map(({ key }) => key)
      .toSorted(),
    declared.toSorted(),
  )
})

await test('once v1 has a date, its documents promise the fields', async (t) => {
  const { document } = await bare({
    v1DeprecatedAt: new Date('2027-01-01'),
    v1SunsetAt: new Date('2028-01-01'),
  })
  for (const { key, operation } of operationsOf(document))
    for (const [status, response] of Object.entries(operation.responses)) {
      const name = response.$ref?.split('/').at(-1) ?? ''
      const { headers } = { ...response, ...document.components.responses[name] } as typeof response
      if (status === '431') continue
      t.match(headers, { Deprecation: {}, Sunset: {}, Link: {} }, `${key} ${status}`)
    }
  t.notMatch((await bare()).document.components.headers, { Sunset: {} })
})
