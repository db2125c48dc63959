import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LastAdmin, PreconditionFailed, UsernameTaken } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import { noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { entityTag, IfMatch, IfNoneMatch, ifRevision, isUnchanged } from './conditional.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import { problems } from './schemas/problems.ts'
import { Account, ACCOUNT_VIEW, AccountPatch, presentAccount } from './schemas/users.ts'

const TAGS = ['Me']

const meRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'account:read', despite: ['password', 'email'] },
      schema: {
        operationId: 'getMe',
        summary: 'Read your account',
        description: 'Everything that the account shows to its owner.',
        tags: TAGS,
        headers: IfNoneMatch,
        response: {
          200: ok(Account, 'Your account.', ['ETag']),
          304: notModified(),
        },
      },
    },
    async (request, reply) => {
      const account = await request.backend.accounts.findOwn(actor(request))
      if (isUnchanged(request, reply, entityTag(request, ACCOUNT_VIEW, account.revision)))
        return reply.code(304).send()
      return presentAccount(account)
    },
  )

  app.patch(
    '',
    {
      config: { fresh: ['email'] },
      schema: {
        operationId: 'updateMe',
        summary: 'Change your account',
        description:
          'What is absent stays, null clears. A new email address needs a fresh session, and is pending until its owner confirms it.',
        tags: TAGS,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(AccountPatch),
        response: {
          200: ok(Account, 'The account as it is now.', ['ETag']),
          ...problems(new UsernameTaken(), new PreconditionFailed()),
        },
      },
    },
    async (request, reply) => {
      const caller = actor(request)
      const account = await request.backend.accounts.update(caller, caller.id, request.body, {
        ifMatch: ifRevision(request, ACCOUNT_VIEW),
        emailPending: true,
      })
      reply.header('etag', entityTag(request, ACCOUNT_VIEW, account.revision))
      return presentAccount(account)
    },
  )

  app.delete(
    '',
    {
      config: { fresh: true },
      schema: {
        operationId: 'deleteMe',
        summary: 'Delete your account',
        description:
          'Removes the account and everything that it owns. Needs a fresh session. The last active admin stays.',
        tags: TAGS,
        headers: IfMatch,
        response: {
          204: noContent('The account is gone.', ['Set-Cookie']),
          ...problems(new LastAdmin(), new PreconditionFailed()),
        },
      },
    },
    async (request, reply) => {
      const caller = actor(request)
      await request.backend.accounts.remove(caller, caller.id, {
        ifMatch: ifRevision(request, ACCOUNT_VIEW),
      })
      if (request.byCookie) reply.clearTokens()
      return reply.code(204).send()
    },
  )
}

export default meRoutes
