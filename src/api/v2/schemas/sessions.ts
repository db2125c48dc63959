import { Type, type Static } from '../../../typebox.ts'
import type { TokenPair as Pair } from '../../../domain/sessions/issue.ts'
import type { OpenSession } from '../../../domain/sessions/own-sessions.ts'
import * as atoms from '../../schemas/atoms.ts'
import { Component, Nullable, Ref } from '../../schemas/ref.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl'
const CSRF = 'Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4yqEJ2m1v8u0yHc5a1T9wJr6k3n0E'
const SESSION_ID = 'Zt3vXc8mQ1uK5sNfPq2r7A'
const NOW = '2026-11-20T16:33:06.902Z'

const sessionId = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]{22}$', description, examples: [SESSION_ID] })
const refreshToken = (description: string) =>
  Type.String({ description, maxLength: 4096, examples: [TOKEN] })
const seconds = (description: string, example: number) =>
  Type.Integer({ minimum: 0, description, examples: [example] })

export const SessionParams = Type.Object({ id: sessionId('The id of the session.') }, atoms.closed)

export const Login = Component(
  'Login',
  Type.Object(
    {
      identifier: Type.String({
        minLength: 1,
        maxLength: 254,
        description: 'The username, or the email address of the account.',
        examples: ['alice'],
      }),
      password: atoms.password('The password.'),
      transport: Type.Optional(
        Type.Unsafe<'body' | 'cookie'>({
          type: 'string',
          enum: ['body', 'cookie'],
          description:
            'Where the tokens go: `body` unless given, or cookies that no script can read.',
          examples: ['body'],
        }),
      ),
    },
    atoms.closed,
  ),
  {
    description: 'What a user logs in with.',
    examples: [{ identifier: 'alice', password: 'correct horse battery staple' }],
  },
)

const accessLife = seconds('Seconds until the access token expires.', 900)

export const TokenPair = Component(
  'TokenPair',
  Type.Object({
    transport: Type.Unsafe<'body'>({
      type: 'string',
      enum: ['body'],
      description: 'The tokens are here.',
    }),
    access_token: Type.String({ description: 'Send it as `Authorization: Bearer …`.' }),
    refresh_token: Type.String({ description: 'Good for one refresh, which gives the next one.' }),
    token_type: Type.Unsafe<'Bearer'>({
      type: 'string',
      enum: ['Bearer'],
      description: 'How to send it.',
    }),
    expires_in: accessLife,
    refresh_expires_in: seconds(
      'Seconds until the refresh token expires, if it is not used.',
      604_800,
    ),
    session_id: sessionId('The session that both belong to.'),
  }),
  {
    description: 'The tokens of a session.',
    examples: [
      {
        transport: 'body',
        access_token: TOKEN,
        refresh_token: TOKEN,
        token_type: 'Bearer',
        expires_in: 900,
        refresh_expires_in: 604_800,
        session_id: SESSION_ID,
      },
    ],
  },
)

export const CookieSession = Component(
  'CookieSession',
  Type.Object({
    transport: Type.Unsafe<'cookie'>({
      type: 'string',
      enum: ['cookie'],
      description: 'The tokens are in cookies.',
    }),
    csrf_token: Type.String({ description: 'Send it as `X-CSRF-Token` with every unsafe method.' }),
    expires_in: accessLife,
  }),
  {
    description: 'A session whose tokens are in cookies.',
    examples: [{ transport: 'cookie', csrf_token: CSRF, expires_in: 900 }],
  },
)

export const LoginReply = Component(
  'LoginReply',
  Type.Unsafe<Static<typeof TokenPair> | Static<typeof CookieSession>>({
    oneOf: [Ref(TokenPair), Ref(CookieSession)],
    discriminator: {
      propertyName: 'transport',
      mapping: {
        body: '#/components/schemas/TokenPair',
        cookie: '#/components/schemas/CookieSession',
      },
    },
  }),
  {
    description: 'The tokens of a session, or where they are: `transport` tells.',
    examples: [...TokenPair.examples],
  },
)

export const Refresh = Component(
  'Refresh',
  Type.Object(
    { refresh_token: Type.Optional(refreshToken('The refresh token, when no cookie holds it.')) },
    atoms.closed,
  ),
  { description: 'The refresh token to spend.', examples: [{ refresh_token: TOKEN }] },
)

export const Logout = Component(
  'Logout',
  Type.Object(
    {
      scope: Type.Optional(
        Type.Unsafe<'this' | 'others' | 'all'>({
          type: 'string',
          enum: ['this', 'others', 'all'],
          description: 'Which sessions end: `this` one unless given, all `others`, or `all`.',
          examples: ['others'],
        }),
      ),
    },
    atoms.closed,
  ),
  { description: 'Which sessions to end.', examples: [{ scope: 'others' }] },
)

export const Reauthentication = Component(
  'Reauthentication',
  Type.Object({ password: atoms.password('The password of the account.') }, atoms.closed),
  {
    description: 'What shows that you are still who you were.',
    examples: [{ password: 'correct horse battery staple' }],
  },
)

export const PasswordChange = Component(
  'PasswordChange',
  Type.Object(
    {
      current_password: atoms.password('The password until now.'),
      new_password: atoms.password(
        'The password from now on, by the same rules as at registration.',
      ),
    },
    atoms.closed,
  ),
  {
    description: 'A new password.',
    examples: [
      {
        current_password: 'correct horse battery staple',
        new_password: 'a quieter place to write',
      },
    ],
  },
)

export const CsrfToken = Component(
  'CsrfToken',
  Type.Object({
    csrf_token: Type.String({ description: 'Send it as `X-CSRF-Token` with every unsafe method.' }),
  }),
  { description: 'The CSRF token of the session.', examples: [{ csrf_token: CSRF }] },
)

export const Session = Component(
  'Session',
  Type.Object({
    id: sessionId('The id of the session.'),
    created_at: atoms.timestamp('When it was opened.'),
    last_used_at: atoms.timestamp('When it was last refreshed.'),
    expires_at: atoms.timestamp('When it ends if it is not refreshed before.'),
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

export const presentPair = (pair: Pair): Static<typeof TokenPair> => ({
  transport: 'body',
  access_token: pair.accessToken,
  refresh_token: pair.refreshToken,
  token_type: 'Bearer',
  expires_in: pair.expiresIn,
  refresh_expires_in: pair.refreshExpiresIn,
  session_id: pair.sessionId,
})

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
