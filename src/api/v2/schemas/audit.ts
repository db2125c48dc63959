import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { AuditRecord } from '../../../domain/audit-list.ts'
import * as fields from '../../../base/fields.ts'
import { Component, reference } from '../../schemas/ref.ts'
import { PageOf, Trimmed } from './pages.ts'

const NOW = '2026-11-20T16:33:06.902Z'

export const action = (description: string) =>
  Type.String({ maxLength: 64, description, examples: ['login'] })

export const outcome = (description: string) =>
  Type.Unsafe<'success' | 'failure' | 'denied'>({
    type: 'string',
    enum: ['success', 'failure', 'denied'],
    description,
    examples: ['success'],
  })

export const targetType = (description: string) =>
  Type.String({ maxLength: 64, description, examples: ['user'] })

export const targetId = (description: string) =>
  Type.String({ maxLength: 64, description, examples: ['7'] })

export const ip = (description: string) =>
  Type.String({ maxLength: 64, description, examples: ['192.0.2.7'] })

export const AuditTarget = Component(
  'AuditTarget',
  Type.Object({
    type: targetType('The kind of record.'),
    id: targetId('The id of the record, as text.'),
  }),
  { description: 'A record that something was done to.', examples: [{ type: 'user', id: '7' }] },
)

export const AuditEvent = Component(
  'AuditEvent',
  Type.Object({
    id: fields.id('The id of the event. Later events have higher ones.'),
    created_at: fields.timestamp('When it happened.'),
    action: action('What was done.'),
    outcome: outcome('How it ended: `denied` is what somebody may not do.'),
    actor_id: Nullable(
      fields.id(
        'The id of the user who did it, null when nobody was logged in, or an operator did it.',
      ),
    ),
    target: Type.Unsafe<Static<typeof AuditTarget> | null>({
      anyOf: [reference(AuditTarget), { type: 'null' }],
      description: 'What it was done to, null when that is no record.',
    }),
    ip: Nullable(ip('The address that it came from.')),
    user_agent: Nullable(
      Type.String({ description: 'What it came from, as it says.', examples: ['curl/8.5.0'] }),
    ),
    request_id: Nullable(
      Type.String({
        description: 'The `X-Request-Id` of the request.',
        examples: ['V1StGXR8_Z5jdHi6B-myTA'],
      }),
    ),
    unfamiliar: Type.Boolean({
      description: 'Whether it is a login from a device or a network that is new to the account.',
      examples: [false],
    }),
    detail: Nullable(
      Type.String({
        maxLength: 200,
        description: 'What followed from it, in words; null when nothing is to be said.',
        examples: ['2 sessions, 1 API key'],
      }),
    ),
    burst: Type.Boolean({
      description: 'Whether it is one of many failures in a short time.',
      examples: [false],
    }),
  }),
  {
    description:
      'Something that concerns security. What identifies people is null once their account is deleted.',
    examples: [
      {
        id: 42,
        created_at: NOW,
        action: 'login',
        outcome: 'success',
        actor_id: 7,
        target: { type: 'user', id: '7' },
        ip: '192.0.2.7',
        user_agent: 'curl/8.5.0',
        request_id: 'V1StGXR8_Z5jdHi6B-myTA',
        unfamiliar: false,
        detail: null,
        burst: false,
      },
    ],
  },
)

export const ListedAuditEvent = Trimmed('ListedAuditEvent', AuditEvent)
export const AuditEventPage = PageOf(
  'AuditEventPage',
  ListedAuditEvent,
  'One page of the audit trail.',
)
export const ActivityPage = PageOf('ActivityPage', AuditEvent, 'One page of your activity.')

export const presentEvent = (event: AuditRecord): Static<typeof AuditEvent> => ({
  id: event.id,
  created_at: event.at.toISOString(),
  action: event.action,
  outcome: event.outcome,
  actor_id: event.actorId,
  target:
    event.targetType === null || event.targetId === null
      ? null
      : { type: event.targetType, id: event.targetId },
  ip: event.ip,
  user_agent: event.userAgent,
  request_id: event.requestId,
  unfamiliar: event.unfamiliar,
  detail: event.detail,
  burst: event.burst,
})
