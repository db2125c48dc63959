import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NotFound } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import { noContent, ok } from '../schemas/ref.ts'
import { problems } from './schemas/problems.ts'
import { presentSession, SessionList, SessionParams } from './schemas/session-list.ts'

const TAGS = ['Sessions']

const sessionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'List your sessions',
        description: 'Where you are logged in, the session that was used last first.',
        tags: TAGS,
        response: { 200: ok(SessionList, 'Your open sessions.') },
      },
    },
    async (request) => {
      const caller = actor(request)
      const sessions = await request.backend.sessions.own.list(caller)
      return { data: sessions.map((session) => presentSession(session, caller.sessionId)) }
    },
  )

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteSession',
        summary: 'End one of your sessions',
        description: 'Its tokens are refused from now on. Sessions of others are not found.',
        tags: TAGS,
        params: SessionParams,
        response: {
          204: noContent('The session has ended.', ['Set-Cookie']),
          ...problems(new NotFound('Session')),
        },
      },
    },
    async (request, reply) => {
      const caller = actor(request)
      const { id } = request.params
      await request.backend.sessions.own.end(caller, id)
      if (request.byCookie && id === caller.sessionId) reply.clearTokens()
      return reply.code(204).send()
    },
  )
}

export default sessionRoutes
