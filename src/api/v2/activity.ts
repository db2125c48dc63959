import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '../../base/schema.ts'
import { CursorMismatch } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import { closed } from '../../base/fields.ts'
import { ok } from '../schemas/ref.ts'
import { sendPage, window } from './lists.ts'
import { ActivityPage, presentEvent } from './schemas/audit.ts'
import { problems } from './schemas/problems.ts'

const activityRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'account:read' },
      schema: {
        operationId: 'listActivity',
        summary: 'Read your activity',
        description:
          'Your security events: what you did, and what happened to your account. The newest first. Where others were when they acted on your account is not told.',
        tags: ['Me'],
        querystring: Type.Object(window, closed),
        response: {
          200: ok(ActivityPage, 'One page of events.', ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const page = await request.backend.activity.page(actor(request), request.query)
      return sendPage(request, reply, page, presentEvent)
    },
  )
}

export default activityRoutes
