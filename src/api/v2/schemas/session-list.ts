import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { OpenSession } from '../../../domain/sessions/own-sessions.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const NOW = '2026-11-20T16:33:06.902Z'
export const SESSION_ID = 'Zt3vXc8mQ1uK5sNfPq2r7A'

export const sessionId = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]{22}$', description, examples: [SESSION_ID] })

export const SessionParams = Type.Object({ id: sessionId('The id of the session.') }, fields.closed)

export const Session = Component(
  'Session',
  Type.Object({
    id: sessionId('The id of the session.'),
    created_at: fields.timestamp('When it was opened.'),
    last_used_at: fields.timestamp('When it was last refreshed.'),
    expires_at: fields.timestamp('When it ends if it is not refreshed before.'),
    ip: Type.String({ description: 'The address that opened it.', examples: ['192.0.2.7'] }),
    user_agent: Nullable(
      Type.String({ description: 'What opened it, as it says.', examples: ['curl/8.5.0'] }),
    ),
    current: Type.Boolean({ description: 'Whether it is the one that asks.', examples: [true] }),
  }),
  {
    description: 'A session of yours.',
    examples: [
      {
        id: SESSION_ID,
        created_at: NOW,
        last_used_at: NOW,
        expires_at: '2026-11-27T16:33:06.902Z',
        ip: '192.0.2.7',
        user_agent: 'curl/8.5.0',
        current: true,
      },
    ],
  },
)

export const SessionList = Component(
  'SessionList',
  Type.Object({ data: Type.Array(Ref(Session), { maxItems: 100, description: 'At most 100.' }) }),
  {
    description: 'Your open sessions, the last used first.',
    examples: [{ data: [...Session.examples] }],
  },
)

export const presentSession = (
  session: OpenSession,
  currentId: string,
): Static<typeof Session> => ({
  id: session.id,
  created_at: session.createdAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
  ip: session.ip,
  user_agent: session.userAgent ?? null,
  current: session.id === currentId,
})
