import { Type, type Static } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { closed } from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJzdWIiOiI3In0.c2lnbmF0dXJl'

const accessToken = {
  access_token: Type.String({
    description: 'A JWT (RFC 7519) to send as `Authorization: Bearer …`.',
    examples: [TOKEN],
  }),
  token_type: Type.Unsafe<'Bearer'>({
    type: 'string',
    enum: ['Bearer'],
    description: 'How the access token is sent (RFC 6750).',
    examples: ['Bearer'],
  }),
  expires_in: Type.Integer({
    minimum: 1,
    description: 'The life of the access token in seconds.',
    examples: [900],
  }),
}

/** Looser than what registration takes: what cannot be anyone's name is a failed login, not a 400. */
const identifier = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 254, description, examples: [example] })

export const Login = Component(
  'Login',
  Type.Object(
    {
      username: Type.Optional(identifier('The username, unless an email is given.', 'alice')),
      email: Type.Optional(
        identifier('The email address, unless a username is given.', 'alice@example.com'),
      ),
      password: fields.password('The password of the account.'),
    },
    // The password and one of the others.
    { ...closed, ...fields.stated({ minProperties: 2 }) },
  ),
  {
    description:
      'Credentials: a password with a username or an email. The username wins when both are given.',
    examples: [{ username: 'alice', password: 'correct horse battery staple' }],
  },
)

export const TokenPair = Component(
  'TokenPair',
  Type.Object({
    access_token: accessToken.access_token,
    refresh_token: Type.String({
      description: 'A JWT that is good for `/refresh` and `/logout` only.',
      examples: [TOKEN],
    }),
    token_type: accessToken.token_type,
    expires_in: accessToken.expires_in,
  }),
  {
    description: 'The tokens of a new session.',
    examples: [
      { access_token: TOKEN, refresh_token: TOKEN, token_type: 'Bearer', expires_in: 900 },
    ],
  },
)

export const AccessToken = Component('AccessToken', Type.Object(accessToken), {
  description: 'A new access token. The refresh token stays good.',
  examples: [{ access_token: TOKEN, token_type: 'Bearer', expires_in: 900 }],
})

export const Refresh = Component(
  'Refresh',
  Type.Object(
    {
      refresh_token: Type.Optional(
        Type.String({
          description: 'The refresh token, when it is not sent as the Bearer token.',
          examples: [TOKEN],
        }),
      ),
    },
    closed,
  ),
  { description: 'The refresh token.', examples: [{ refresh_token: TOKEN }] },
)

export const Message = Component(
  'Message',
  Type.Object({
    message: Type.String({ description: 'What happened.', examples: ['Successfully logged out'] }),
  }),
  { description: 'A confirmation.', examples: [{ message: 'Successfully logged out' }] },
)

export const Identity = Component(
  'Identity',
  Type.Object({
    logged_in_as: Type.String({
      description: 'The username of the caller, or `anonymous user`.',
      examples: ['alice'],
    }),
  }),
  { description: 'Who is calling.', examples: [{ logged_in_as: 'alice' }] },
)

interface Issued {
  accessToken: string
  expiresIn: number
}

export const presentAccess = (issued: Issued): Static<typeof AccessToken> => ({
  access_token: issued.accessToken,
  token_type: 'Bearer',
  expires_in: issued.expiresIn,
})

export const presentPair = (
  issued: Issued & { refreshToken: string },
): Static<typeof TokenPair> => ({
  ...presentAccess(issued),
  refresh_token: issued.refreshToken,
})
