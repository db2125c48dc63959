import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { userList } from '../../domain/accounts/user-list.ts'
import { InsufficientRole } from '../../base/access-errors.ts'
import { CursorMismatch } from '../../base/errors.ts'
import { visitor } from '../plugins/caller.ts'
import * as fields from '../../base/fields.ts'
import { ok } from '../schemas/ref.ts'
import { querystring, readQuery, sendPage, trimmed } from './lists.ts'
import { problems } from './schemas/problems.ts'
import { UserPage } from './schemas/user-list.ts'
import { presentAccount, presentProfile, User } from './schemas/users.ts'

const UserQuery = querystring(
  userList,
  User.properties,
  {
    created_after: fields.moment('Only users who registered at this moment or later.'),
    created_before: fields.moment(
      'Only users who registered before this moment.',
      '2026-11-27T00:00:00Z',
    ),
    email: fields.email('Only the user whose address this is, pending ones aside. For admins.'),
    role: fields.role('Only users with this role. For admins.'),
    status: { ...User.properties.status, description: 'Only users with this status. For admins.' },
  },
  { in: 'username', examples: ['ali'] },
)

const userListRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: {
        scope: 'users:read',
        access: 'optional',
        restricted: {
          email: 'user.administer',
          role: 'user.administer',
          status: 'user.administer',
        },
      },
      schema: {
        operationId: 'listUsers',
        summary: 'List users',
        description: 'The public profiles of all users. Admins see the whole accounts.',
        tags: ['Users'],
        querystring: UserQuery,
        response: {
          200: ok(UserPage, 'One page of users.', ['Link']),
          ...problems(new InsufficientRole(), new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const viewer = visitor(request)
      const page = await request.backend.userList.page(viewer, readQuery(userList, request.query))
      const present = viewer?.role === 'admin' ? presentAccount : presentProfile
      return sendPage(request, reply, page, trimmed(request.query, present))
    },
  )
}

export default userListRoutes
