import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InsufficientRole } from '../../base/access-errors.ts'
import { FactorAbsent } from '../../base/credential-errors.ts'
import { LastAdmin, NotFound, PreconditionFailed, UsernameTaken } from '../../base/errors.ts'
import { actor, visitor } from '../plugins/caller.ts'
import { idParams } from '../../base/fields.ts'
import { created, noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { entityTag, IfMatch, IfNoneMatch, ifRevision, isUnchanged } from './conditional.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import { problems } from './schemas/problems.ts'
import {
  Account,
  ACCOUNT_VIEW,
  presentAccount,
  presentProfile,
  PROFILE_VIEW,
  User,
  UserCreate,
  UserPatch,
} from './schemas/users.ts'

const UserId = idParams('user')
const TAGS = ['Users']

const userRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      config: { roles: ['admin'], fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'createUser',
        summary: 'Create a user',
        description:
          'For admins, whoever may register. The password is to be changed by the user before anything else. Needs a fresh session.',
        tags: TAGS,
        body: Ref(UserCreate),
        response: {
          201: created(Account, 'The new account.'),
          ...problems(new UsernameTaken()),
        },
      },
    },
    async (request, reply) => {
      const { role, must_change_password: mustChange, ...input } = request.body
      const { accounts } = request.backend
      const account = await accounts.create(actor(request), input, { role, mustChange })
      reply.code(201).header('location', `${app.prefix}/${account.id}`)
      return presentAccount(account)
    },
  )

  app.get(
    '/:id',
    {
      config: { scope: 'users:read', access: 'optional' },
      schema: {
        operationId: 'getUser',
        summary: 'Read a profile',
        description: 'What everyone may see of a user. Admins see the whole account.',
        tags: TAGS,
        params: UserId,
        headers: IfNoneMatch,
        response: {
          200: ok(User, 'The user.', ['ETag']),
          304: notModified(),
          ...problems(new NotFound('User')),
        },
      },
    },
    async (request, reply) => {
      const account = await request.backend.accounts.find(request.params.id)
      const isAdmin = visitor(request)?.role === 'admin'
      const tag = entityTag(request, isAdmin ? ACCOUNT_VIEW : PROFILE_VIEW, account.revision)
      if (isUnchanged(request, reply, tag)) return reply.code(304).send()
      return isAdmin ? presentAccount(account) : presentProfile(account)
    },
  )

  app.patch(
    '/:id',
    {
      config: {
        scope: 'users:write',
        permission: 'user.administer',
        fresh: ['role', 'email', 'password', 'must_change_password'],
      },
      schema: {
        operationId: 'updateUser',
        summary: 'Change an account',
        description:
          'For admins. A role holds from the next request on; suspending and a new password end at once all sessions, and what else a password reset ends; an address that waits to be confirmed is part of that, whoever gave it: send a new one along, or afterwards. Role, email and password need a fresh session. The account of an admin needs a fresh session, whatever is changed of it. The last active admin stays one.',
        tags: TAGS,
        params: UserId,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(UserPatch),
        response: {
          200: ok(Account, 'The account as it is now.', ['ETag']),
          ...problems(
            new InsufficientRole(),
            new NotFound('User'),
            new LastAdmin(),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { accounts } = request.backend
      const { id } = request.params
      const expected = ifRevision(request, ACCOUNT_VIEW)
      const { must_change_password: mustChange, ...changes } = request.body
      const account = await accounts.administer(
        actor(request),
        id,
        { ...changes, mustChange },
        expected,
      )
      reply.header('etag', entityTag(request, ACCOUNT_VIEW, account.revision))
      return presentAccount(account)
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'users:write', permission: 'user.administer', fresh: 'own' },
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete a user',
        description:
          'For admins. Removes the account and everything that it owns. Your own, and that of another admin, needs a fresh session. The last active admin stays.',
        tags: TAGS,
        params: UserId,
        headers: IfMatch,
        response: {
          204: noContent('The account is gone.'),
          ...problems(
            new InsufficientRole(),
            new NotFound('User'),
            new LastAdmin(),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      await request.backend.accounts.remove(actor(request), request.params.id, {
        permission: 'user.administer',
        ifMatch: ifRevision(request, ACCOUNT_VIEW),
      })
      return reply.code(204).send()
    },
  )

  app.delete(
    '/:id/totp',
    {
      config: { permission: 'user.administer', fresh: true },
      schema: {
        operationId: 'deleteUserTotp',
        summary: 'Remove the second factor of a user',
        description:
          'For admins, to help whoever has lost the app and the recovery codes: find out who asks first, for from now on the password alone lets in. The recovery codes go with it, all sessions of the user end, and a mail tells them. Needs a fresh session.',
        tags: TAGS,
        params: UserId,
        response: {
          204: noContent('It is gone.'),
          ...problems(new InsufficientRole(), new NotFound('User'), new FactorAbsent()),
        },
      },
    },
    async (request, reply) => {
      await request.backend.accounts.removeFactor(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default userRoutes
