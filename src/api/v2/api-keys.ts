import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { KeysExhausted } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import * as fields from '../../base/fields.ts'
import { created, noContent, ok, Ref } from '../schemas/ref.ts'
import { readMoment } from '../../base/moments.ts'
import { ApiKeyCreate, ApiKeyList, IssuedApiKey, presentApiKey } from './schemas/api-keys.ts'
import { problems } from './schemas/problems.ts'

const TAGS = ['API keys']

/** Keys cannot manage keys: none of this has a scope. */
const apiKeyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listApiKeys',
        summary: 'List your API keys',
        description:
          'The oldest first, those that have expired too. The keys themselves are not shown again.',
        tags: TAGS,
        response: { 200: ok(ApiKeyList, 'Your keys.') },
      },
    },
    async (request) => {
      const keys = await request.backend.apiKeys.list(actor(request))
      return { data: keys.map(presentApiKey) }
    },
  )

  app.post(
    '',
    {
      config: { fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'createApiKey',
        summary: 'Make an API key',
        description: 'A user has at most 50. Needs a fresh session.',
        tags: TAGS,
        body: Ref(ApiKeyCreate),
        response: {
          201: created(IssuedApiKey, 'The key, shown this once.'),
          ...problems(new KeysExhausted()),
        },
      },
    },
    async (request, reply) => {
      const { name, scopes, expires_at: end } = request.body
      const expiresAt =
        end === null || end === undefined ? undefined : readMoment(end, 'expires_at')
      const made = await request.backend.apiKeys.create(actor(request), { name, scopes, expiresAt })
      reply.code(201).header('location', `${app.prefix}/${made.id}`)
      return { ...presentApiKey(made), key: made.key }
    },
  )

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteApiKey',
        summary: 'Revoke an API key',
        description: 'It is refused from now on.',
        tags: TAGS,
        params: fields.idParams('API key'),
        response: {
          204: noContent('The key is not good any more.'),
          ...problems(new NotFound('API key')),
        },
      },
    },
    async (request, reply) => {
      await request.backend.apiKeys.remove(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default apiKeyRoutes
