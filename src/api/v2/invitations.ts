import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RegistrationClosed } from '../../base/access-errors.ts'
import { InvitationsExhausted } from '../../base/credential-errors.ts'
import { NotFound } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import { idParams } from '../../base/fields.ts'
import { created, noContent, ok, Ref } from '../schemas/ref.ts'
import {
  InvitationCreate,
  InvitationList,
  IssuedInvitation,
  presentInvitation,
} from './schemas/invitations.ts'
import { problems } from './schemas/problems.ts'

const TAGS = ['Users']
const ROLES = ['admin'] as const

/** Whoever is let in stays: no key invites anybody. */
const invitationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { roles: ROLES },
      schema: {
        operationId: 'listInvitations',
        summary: 'List the open invitations',
        description: 'For admins. The oldest first; the tokens are not shown again.',
        tags: TAGS,
        response: { 200: ok(InvitationList, 'All of them.') },
      },
    },
    async ({ backend }) => ({ data: (await backend.invitations.list()).map(presentInvitation) }),
  )

  app.post(
    '',
    {
      config: { roles: ROLES, fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'createInvitation',
        summary: 'Invite somebody',
        description:
          'For admins. Good once, for 7 days: it is mailed when it has an address and the server can send mail, otherwise the token is in the reply. It ends when you are no admin any more, and whenever your password is set anew. Where nobody may register, nobody is invited. Needs a fresh session.',
        tags: TAGS,
        body: Ref(InvitationCreate),
        response: {
          201: created(IssuedInvitation, 'The invitation, with its token if it was not mailed.'),
          ...problems(new RegistrationClosed(), new InvitationsExhausted()),
        },
      },
    },
    async (request, reply) => {
      const { email, role = 'user' } = request.body
      const { invitations } = request.backend
      const { token, ...made } = await invitations.create({ email, role }, actor(request))
      reply.code(201).header('location', `${app.prefix}/${made.id}`)
      return { ...presentInvitation(made), token: token ?? null }
    },
  )

  app.delete(
    '/:id',
    {
      config: { roles: ROLES },
      schema: {
        operationId: 'deleteInvitation',
        summary: 'Revoke an invitation',
        description: 'For admins. Nobody registers with it from now on.',
        tags: TAGS,
        params: idParams('invitation'),
        response: {
          204: noContent('It is not good any more.'),
          ...problems(new NotFound('Invitation')),
        },
      },
    },
    async (request, reply) => {
      await request.backend.invitations.revoke(request.params.id, actor(request))
      return reply.code(204).send()
    },
  )
}

export default invitationRoutes
