import { Type } from '../../../base/schema.ts'
import type { TokenType } from '../../../db/schema/tables.ts'
import type { Principal } from '../../../domain/sessions/principal.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl'
const seconds = (description: string) =>
  Type.Integer({ minimum: 0, description, examples: [1_795_192_386] })

export const TokenForm = Component(
  'TokenForm',
  Type.Object(
    {
      token: Type.String({
        minLength: 1,
        description: 'An access or a refresh token.',
        examples: [TOKEN],
      }),
      token_type_hint: Type.Optional(
        Type.String({
          maxLength: 64,
          description: 'Which of both it is. Not needed: the token says so itself.',
          examples: ['access_token'],
        }),
      ),
      client_id: Type.Optional(
        Type.String({
          maxLength: 256,
          description:
            'Taken because OAuth clients send it (RFC 6749, section 2.3.1), and not looked at.',
          examples: ['reader'],
        }),
      ),
    },
    fields.closed,
  ),
  { description: 'A token as data, form-encoded.', examples: [{ token: TOKEN }] },
)

export const Introspection = Component(
  'Introspection',
  Type.Object({
    active: Type.Boolean({
      description: 'Whether the token is alive, and you may know of it.',
      examples: [true],
    }),
    sub: Type.Optional(Type.String({ description: 'The id of its user.', examples: ['7'] })),
    username: Type.Optional(
      Type.String({ description: 'The name of its user.', examples: ['alice'] }),
    ),
    token_type: Type.Optional(
      Type.Unsafe<'access_token' | 'refresh_token'>({
        type: 'string',
        enum: ['access_token', 'refresh_token'],
        description: 'Which token it is.',
        examples: ['access_token'],
      }),
    ),
    role: Type.Optional(fields.role('The role of its user, as it is now.')),
    iss: Type.Optional(
      Type.String({ description: 'Who issued it.', examples: ['https://api.example.com'] }),
    ),
    iat: Type.Optional(seconds('When it was issued, in seconds since 1970.')),
    exp: Type.Optional(seconds('When it ends, in seconds since 1970.')),
    jti: Type.Optional(
      Type.String({ description: 'Its id.', examples: ['V1StGXR8_Z5jdHi6BmyTAA'] }),
    ),
    sid: Type.Optional(
      Type.String({ description: 'The id of its session.', examples: ['Zt3vXc8mQ1uK5sNfPq2r7A'] }),
    ),
  }),
  {
    description: 'What is known of a token (RFC 7662, section 2.2).',
    examples: [{ active: true, sub: '7', username: 'alice', token_type: 'access_token' }],
  },
)

export const presentToken = (token: Principal & { type: TokenType }, issuer: string) => ({
  active: true,
  sub: String(token.id),
  username: token.username,
  token_type: `${token.type}_token` as const,
  role: token.role,
  iss: issuer,
  iat: Math.floor(token.issuedAt / 1000),
  exp: Math.floor(token.expiresAt / 1000),
  jti: token.tokenId,
  sid: token.sessionId,
})
