import Fastify from 'fastify'
import { test } from 'tap'
import operations from '../../../src/api/plugins/operations.ts'
import { operationPresenterOf } from '../../../src/api/v2/schemas/authz.ts'
import { createPolicy } from '../../../src/domain/policy.ts'
import { RESOURCES } from '../../../src/domain/resources/index.ts'

const presentOperation = operationPresenterOf(createPolicy(RESOURCES))
const handler = async () => ({})

await test('S44 a route of the API that nobody is told of does not start', async (t) => {
  const app = Fastify()
  await app.register(operations)
  app.get('/healthz', handler)
  app.get('/api/v2/openapi.json', { schema: { hide: true } }, handler)
  app.get('/api/v2/things/:id', { schema: { operationId: 'getThing' } }, handler)
  for (const url of ['/api/v1/secret', '/api/v2/secret/:id'])
    t.throws(() => app.delete(url, { schema: { summary: 'Hush' } }, handler), {
      message: `DELETE ${url} has no operationId`,
    })
  t.match(app.operations, [
    { id: 'getThing', version: 2, method: 'GET', path: '/api/v2/things/{id}' },
  ])
  t.equal(app.operations.length, 1, 'and one that answers HEAD is one with its GET')
})

await test('what an operation needs is told from the data of its route', async (t) => {
  const operation = { id: 'x', version: 2, method: 'GET', path: '/api/v2/x' } as const
  const all = ['user', 'moderator', 'admin']
  t.match(presentOperation({ ...operation, config: {} }), {
    access: 'access_token',
    roles: all,
    record: null,
    fresh: false,
    fresh_members: [],
    restricted_parameters: [],
  })
  const config = {
    access: 'optional',
    roles: ['admin'],
    permission: 'post.edit',
    fresh: ['email'],
    restricted: { role: 'user.administer', owner: 'post.edit' },
  } as const
  t.match(presentOperation({ ...operation, config }), {
    access: 'optional',
    roles: ['admin'],
    record: ['owner', 'moderator', 'admin'],
    fresh: false,
    fresh_members: ['email'],
    restricted_parameters: [
      { name: 'role', roles: ['admin'] },
      { name: 'owner', roles: ['moderator', 'admin'] },
    ],
  })
  t.match(presentOperation({ ...operation, config: { fresh: true } }), {
    fresh: true,
    fresh_members: [],
  })
})
