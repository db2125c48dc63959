import { Type, type Static } from '../../../base/schema.ts'
import type { TokenPair as Pair } from '../../../domain/sessions/issue.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { SESSION_ID, sessionId } from './session-list.ts'
import { otp } from './totp.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl'
const CSRF = 'Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4yqEJ2m1v8u0yHc5a1T9wJr6k3n0E'

const refreshToken = (description: string) =>
  Type.String({ description, maxLength: 4096, examples: [TOKEN] })
const seconds = (description: string, example: number) =>
  Type.Integer({ minimum: 0, description, examples: [example] })

const secondFactor = Type.Optional(
  otp('The one-time password of the second factor, or a recovery code; only where there is one.'),
)

/** What every way to log in may be asked beside who it is. */
export const loginChoices = {
  otp: secondFactor,
  transport: Type.Optional(
    Type.Unsafe<'body' | 'cookie'>({
      type: 'string',
      enum: ['body', 'cookie'],
      description: 'Where the tokens go: `body` unless given, or cookies that no script can read.',
      examples: ['body'],
    }),
  ),
}

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
      password: fields.password('The password.'),
      ...loginChoices,
    },
    fields.closed,
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
    fields.closed,
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
    fields.closed,
  ),
  { description: 'Which sessions to end.', examples: [{ scope: 'others' }] },
)

export const Reauthentication = Component(
  'Reauthentication',
  Type.Object(
    {
      // Once either of both would do, so that a code alone is refused in a sentence of its own.
      password: Type.Optional(
        fields.password('The password of the account, without which nothing is shown.'),
      ),
      otp: secondFactor,
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description: 'What shows that you are still who you were: the same as at a login.',
    examples: [{ password: 'correct horse battery staple' }],
  },
)

export const PasswordChange = Component(
  'PasswordChange',
  Type.Object(
    {
      current_password: fields.password('The password until now.'),
      new_password: fields.newPassword(
        'The password from now on, by the same rules as at registration.',
      ),
      otp: secondFactor,
      revoke: Type.Optional(
        Type.Array(
          Type.Unsafe<'api_keys'>({
            type: 'string',
            enum: ['api_keys'],
            description: '`api_keys` is all of them: programs that use one stop.',
            examples: ['api_keys'],
          }),
          { maxItems: 1, description: 'What ends beside.', examples: [['api_keys']] },
        ),
      ),
    },
    fields.closed,
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

export const CsrfTokenReply = Component(
  'CsrfTokenReply',
  Type.Object({
    csrf_token: Type.String({ description: 'Send it as `X-CSRF-Token` with every unsafe method.' }),
  }),
  { description: 'The CSRF token of the session.', examples: [{ csrf_token: CSRF }] },
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
