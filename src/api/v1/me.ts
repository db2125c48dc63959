import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actor, visitor } from '../plugins/caller.ts'
import { ok } from '../schemas/ref.ts'
import { Identity } from './schemas/sessions.ts'
import { Account, presentAccount } from './schemas/users.ts'

const meRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/me',
    {
      config: { scope: 'account:read', despite: ['password', 'email'] },
      schema: {
        operationId: 'getMe',
        summary: 'Read your account',
        description: 'The account of the caller.',
        tags: ['Me'],
        response: { 200: ok(Account, 'Your account.') },
      },
    },
    async (request) => presentAccount(await request.backend.accounts.findOwn(actor(request))),
  )

  app.get(
    '/protected',
    {
      config: { scope: 'account:read' },
      schema: {
        operationId: 'getProtected',
        summary: 'Say who is calling',
        description: 'Answers whoever has a valid access token.',
        tags: ['Me'],
        response: { 200: ok(Identity, 'The username of the caller.') },
      },
    },
    async (request) => ({ logged_in_as: actor(request).username }),
  )

  app.get(
    '/partially-protected',
    {
      config: { scope: 'account:read', access: 'optional' },
      schema: {
        operationId: 'getPartiallyProtected',
        summary: 'Say who is calling, if anyone',
        description: 'Answers everyone. A token that is sent must be valid.',
        tags: ['Me'],
        response: { 200: ok(Identity, 'The username, or `anonymous user`.') },
      },
    },
    async (request) => ({ logged_in_as: visitor(request)?.username ?? 'anonymous user' }),
  )
}

export default meRoutes
