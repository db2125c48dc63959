import { eq, gte, lt } from '../db/drizzle.ts'
import type { Tables } from '../db/schema/tables.ts'
import { ValidationFailed } from '../base/errors.ts'
import type { Declaration, Page, Query, Row } from './lists/declaration.ts'
import { createList, type ListDeps } from './lists/list.ts'

/** What is shown of an event: all of it. */
export const eventColumns = (events: Tables['auditEvents']) => ({
  id: events.id,
  at: events.at,
  action: events.action,
  outcome: events.outcome,
  actorId: events.actorId,
  targetType: events.targetType,
  targetId: events.targetId,
  ip: events.ip,
  userAgent: events.userAgent,
  requestId: events.requestId,
  burst: events.burst,
  unfamiliar: events.unfamiliar,
  detail: events.detail,
})

export const auditList = {
  name: 'audit_events',
  shown: eventColumns,
  filters: {
    actor_id: {
      kind: 'integer',
      where: ({ actorId }, given) => eq(actorId, given(actorId)),
      leads: ['id'],
    },
    action: {
      kind: 'text',
      where: ({ action }, given) => eq(action, given(action)),
      leads: ['id'],
    },
    target_type: {
      kind: 'text',
      where: ({ targetType }, given) => eq(targetType, given(targetType)),
    },
    target_id: {
      kind: 'text',
      where: ({ targetId }, given) => eq(targetId, given(targetId)),
      leads: ['id'],
      beside: 'target_type',
    },
    outcome: {
      kind: 'text',
      where: ({ outcome }, given) => eq(outcome, given(outcome)),
      leads: ['id'],
    },
    ip: { kind: 'text', where: ({ ip }, given) => eq(ip, given(ip)), leads: ['created_at'] },
    created_after: {
      kind: 'moment',
      where: ({ at }, given) => gte(at, given(at)),
      bounds: 'created_at',
    },
    created_before: {
      kind: 'moment',
      where: ({ at }, given) => lt(at, given(at)),
      bounds: 'created_at',
    },
  },
  sorts: {
    created_at: ({ at }) => at,
    id: ({ id }) => id,
  },
} satisfies Declaration<Tables['auditEvents']>

export type AuditRecord = Row<typeof auditList>

/** The audit trail, for admins. */
export function createAuditList(deps: ListDeps) {
  const list = createList(deps, auditList, deps.store.tables.auditEvents)
  return {
    /** @throws ValidationFailed when `target_id` comes without `target_type`: ids are those of a type. CursorMismatch */
    async page(query: Query<typeof auditList>): Promise<Page<AuditRecord>> {
      const { target_type: type, target_id: id } = query.filters ?? {}
      if (id !== undefined && type === undefined)
        throw new ValidationFailed([
          {
            in: 'query',
            path: 'target_type',
            code: 'required',
            detail: 'target_type is required with target_id',
          },
        ])
      return list.page(query)
    },
  }
}
