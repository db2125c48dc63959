import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { IdentityTaken, LastWayIn, LinkInvalid } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import { idParams } from '../../base/fields.ts'
import { created, noContent, ok, Ref } from '../schemas/ref.ts'
import { Identity, IdentityLink, IdentityList, presentIdentity } from './schemas/identities.ts'
import { problems } from './schemas/problems.ts'

const TAGS = ['Providers']
const IdentityParams = idParams('identity')

const identityRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listIdentities',
        summary: 'List your identities',
        description: 'With whom you can sign in, the one that was used last first.',
        tags: TAGS,
        response: { 200: ok(IdentityList, 'Your identities.') },
      },
    },
    async (request) => {
      const identities = await request.backend.identities.list(actor(request))
      return { data: identities.map(presentIdentity) }
    },
  )

  app.post(
    '',
    {
      config: { fresh: true, limit: 'auth' },
      schema: {
        operationId: 'linkIdentity',
        summary: 'Link an identity to your account',
        description:
          'Spends the `code` of a sign-in that your page began with `GET /auth/providers/{name}/start`: from now on it lets you in. Whoever redeems the code decides which account it is, so nobody is linked whom you have not sent. Needs a fresh session.',
        tags: TAGS,
        body: Ref(IdentityLink),
        response: {
          201: created(Identity, 'It is linked.'),
          ...problems(new IdentityTaken(), new LinkInvalid()),
        },
      },
    },
    async (request, reply) => {
      const { code, verifier } = request.body
      const identity = await request.backend.identities.link(actor(request), code, verifier)
      reply.code(201).header('location', `${app.prefix}/${identity.id}`)
      return presentIdentity(identity)
    },
  )

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getIdentity',
        summary: 'Read one of your identities',
        description: 'Those of others are not found.',
        tags: TAGS,
        params: IdentityParams,
        response: { 200: ok(Identity, 'The identity.'), ...problems(new NotFound('Identity')) },
      },
    },
    async (request) =>
      presentIdentity(await request.backend.identities.find(actor(request), request.params.id)),
  )

  app.delete(
    '/:id',
    {
      config: { fresh: true },
      schema: {
        operationId: 'deleteIdentity',
        summary: 'Take one of your identities away',
        description:
          'It lets nobody in any more. The last way in stays: a password that you know, or another identity. Needs a fresh session.',
        tags: TAGS,
        params: IdentityParams,
        response: {
          204: noContent('It is gone.'),
          ...problems(new NotFound('Identity'), new LastWayIn()),
        },
      },
    },
    async (request, reply) => {
      await request.backend.identities.unlink(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default identityRoutes
