import Fastify, { type RouteOptions } from 'fastify'
import { test } from 'tap'
import v1 from '../../../src/api/v1/index.ts'
import type { Ageing } from '../../../src/api/v1/contract.ts'
import { start } from '../../helper.ts'
import { type Document, type Operation, operationsOf, soundDocuments } from '../documents.ts'

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
  '[{},{"bearerAuth":[]},{"apiKey":[]}]': 'optional',
  '[{"bearerAuth":[]},{"apiKey":[]}]': 'user',
}

/** v1 alone: no server around it, so nothing else declares routes. */
async function bare(ageing: Ageing = {}) {
  const app = Fastify({ ajv: { customOptions: { keywords: ['example', 'x-stated'] } } })
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  await app.register(v1, { prefix: '/api/v1', ...ageing })
  const document: Document = (await app.inject('/api/v1/openapi.json')).json()
  return { document, routes }
}

await test('the documents of v1', async (t) => {
  const started = await start(t)
  const document: Document = started.documents.v1
  await soundDocuments(t, started, 'v1')

  await t.test('they hold the contract, no more and no less', async (t) => {
    const found = operationsOf(document).map(
      ({ key, operation }) => `${key} ${SECURITY[JSON.stringify(operation.security)]}`,
    )
    t.same(found.toSorted(), CONTRACT.toSorted())
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
      document.paths[path]?.[method]?.requestBody
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
