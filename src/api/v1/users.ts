import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '../../base/schema.ts'
import { actor, origin } from '../plugins/caller.ts'
import { closed, idParams } from '../../base/fields.ts'
import { created, noContent, page, Ref, ok } from '../schemas/ref.ts'
import { linkPages, paged, pageQuery } from './paging.ts'
import { refusal } from './schemas/errors.ts'
import {
  Account,
  presentAccount,
  presentUser,
  User,
  UserCreate,
  UserList,
  UserUpdate,
} from './schemas/users.ts'

const UserId = idParams('user')
const absent = refusal(404, 'User not found', 'There is no such user.')

const userRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      config: { access: 'public', limit: 'register' },
      schema: {
        operationId: 'registerUser',
        summary: 'Register',
        description: 'Creates an account that can log in at once.',
        tags: ['Users'],
        body: Ref(UserCreate),
        response: {
          201: created(User, 'The new user.'),
          ...refusal(
            400,
            'Username already exists',
            'Not acceptable, or a name or address is taken.',
          ),
          ...refusal(
            403,
            'Nobody can register on this server: an admin makes the accounts',
            'The operator lets nobody register, or nobody without an invitation.',
          ),
        },
      },
    },
    async (request, reply) => {
      const user = await request.backend.accounts.signUp(request.body, {
        origin: origin(request),
        emailPending: false,
      })
      reply.code(201).header('location', `${app.prefix}/${user.id}`)
      return presentUser(user)
    },
  )

  app.get(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listUsers',
        summary: 'List users',
        description: 'The public profiles of all users.',
        tags: ['Users'],
        querystring: Type.Object(pageQuery, closed),
        response: { 200: page(UserList, 'One page of users.') },
      },
    },
    async (request, reply) => {
      const { items, total } = await request.backend.accounts.list(paged(request.query))
      linkPages(request, reply, total)
      return { users: items.map(presentUser) }
    },
  )

  app.get(
    '/:id',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getUser',
        summary: 'Read a user',
        description: 'The public profile of a user.',
        tags: ['Users'],
        params: UserId,
        response: { 200: ok(User, 'The user.'), ...absent },
      },
    },
    async (request) => presentUser(await request.backend.accounts.find(request.params.id)),
  )

  app.put(
    '/:id',
    {
      config: { scope: 'users:write', permission: 'user.edit', fresh: ['email'] },
      schema: {
        operationId: 'updateUser',
        summary: 'Change an account',
        description:
          'Changes your own account; admins may change any. `null` clears email and phone. To send an `email`, or to change the account of another admin, needs a login of the last 15 minutes, and no API key can. Where the server sends mail, a new address waits until the link in a mail to it is followed, and `email` stays as it is until then; only one that nobody has confirmed is replaced at once.',
        tags: ['Users'],
        params: UserId,
        body: Ref(UserUpdate),
        response: {
          200: ok(Account, 'The account as it is now.'),
          ...refusal(400, 'Email already exists', 'Not acceptable, or a name or address is taken.'),
          ...refusal(
            403,
            'You can only edit your own users',
            "This is someone else's account, or the login is too long ago.",
          ),
          ...absent,
        },
      },
    },
    async (request) => {
      const { accounts } = request.backend
      return presentAccount(await accounts.update(actor(request), request.params.id, request.body))
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'users:write', permission: 'user.delete', fresh: 'own' },
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete an account',
        description:
          'Deletes your own account and everything in it; admins may delete any. Your own, and that of another admin, needs a login of the last 15 minutes, and no API key can. The last active admin stays. Its sessions end at once.',
        tags: ['Users'],
        params: UserId,
        response: {
          204: noContent('The account is gone.'),
          ...refusal(
            400,
            'This is the last active admin: make somebody else one first',
            'Not acceptable, or nobody could administer the server any more.',
          ),
          ...refusal(
            403,
            'You can only delete your own users',
            "This is someone else's account, or the login is too long ago.",
          ),
          ...absent,
        },
      },
    },
    async (request, reply) => {
      await request.backend.accounts.remove(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default userRoutes
