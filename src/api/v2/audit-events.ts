import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { auditList } from '../../domain/audit-list.ts'
import { CursorMismatch } from '../../base/errors.ts'
import * as fields from '../../base/fields.ts'
import { ok } from '../schemas/ref.ts'
import { querystring, readQuery, sendPage, trimmed } from './lists.ts'
import {
  action,
  AuditEvent,
  AuditEventPage,
  ip,
  outcome,
  presentEvent,
  targetId,
  targetType,
} from './schemas/audit.ts'
import { problems } from './schemas/problems.ts'

const AuditQuery = querystring(auditList, AuditEvent.properties, {
  actor_id: fields.id('Only what the user with this id did.'),
  action: action('Only this action.'),
  target_type: targetType('Only what was done to records of this kind.'),
  target_id: targetId('Only what was done to the record with this id. Needs `target_type`.'),
  outcome: outcome('Only what ended like this.'),
  ip: ip('Only what came from this address.'),
  created_after: fields.moment('Only what happened at this moment or later.'),
  created_before: fields.moment('Only what happened before this moment.', '2026-11-27T00:00:00Z'),
})

const auditEventRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'audit:read', roles: ['admin'] },
      schema: {
        operationId: 'listAuditEvents',
        summary: 'Read the audit trail',
        description: 'For admins: who did what to what, when, and from where. The newest first.',
        tags: ['Audit'],
        querystring: AuditQuery,
        response: {
          200: ok(AuditEventPage, 'One page of events.', ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const page = await request.backend.auditList.page(readQuery(auditList, request.query))
      return sendPage(request, reply, page, trimmed(request.query, presentEvent))
    },
  )
}

export default auditEventRoutes
