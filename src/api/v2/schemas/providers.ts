import { Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { invitationToken } from '../../schemas/invitation-token.ts'
import { loginChoices } from './sessions.ts'

const NAME = 'example'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CODE = 'Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4y.qEJ2m1v8u0yHc5a1T9wJr6k3n0E.kQ2m1v8u0yHc5a1T9wJr6g'

export const providerName = (description: string) =>
  Type.String({ pattern: '^[a-z0-9-]{1,32}$', description, examples: [NAME] })

export const ProviderParams = Type.Object(
  { name: providerName('The name of the provider.') },
  fields.closed,
)

export const SignInStart = Type.Object(
  {
    redirect_to: Type.String({
      minLength: 1,
      maxLength: 1000,
      description:
        'The page that the browser comes back to: an URL of the own origin, of an origin that may call this API, or one that the server is set up for. No fragment.',
      examples: ['https://app.example.com/signed-in'],
    }),
    code_challenge: Type.String({
      pattern: '^[A-Za-z0-9_-]{43}$',
      description:
        'The S256 challenge of a verifier that the page keeps (RFC 7636): whoever has the code and not the verifier has nothing.',
      examples: [CHALLENGE],
    }),
    code_challenge_method: Type.Optional(
      Type.Unsafe<'S256'>({
        type: 'string',
        enum: ['S256'],
        description: 'How the challenge was made: there is no other way.',
        examples: ['S256'],
      }),
    ),
  },
  fields.closed,
)

/** Open: providers add what they like. */
export const SignInReturn = Type.Object({
  state: Type.Optional(
    Type.String({ description: 'What was sent to the provider.', examples: ['x7Y'] }),
  ),
  code: Type.Optional(
    Type.String({
      description: 'What the provider is asked with.',
      examples: ['SplxlOBeZQQYbYS6'],
    }),
  ),
  error: Type.Optional(
    Type.String({ description: 'Why there is no code.', examples: ['access_denied'] }),
  ),
})

export const Provider = Component(
  'Provider',
  Type.Object({
    name: providerName('What its paths have in them.'),
    label: Type.String({ description: 'What a button says.', examples: ['Example'] }),
    start_url: Type.String({
      format: 'uri',
      description: 'Where the browser goes, with `redirect_to` and `code_challenge`.',
      examples: ['https://api.example.com/api/v2/auth/providers/example/start'],
    }),
  }),
  {
    description: 'A provider of OpenID Connect.',
    examples: [
      {
        name: NAME,
        label: 'Example',
        start_url: 'https://api.example.com/api/v2/auth/providers/example/start',
      },
    ],
  },
)

export const ProviderList = Component(
  'ProviderList',
  Type.Object({ data: Type.Array(Ref(Provider), { maxItems: 50, description: 'At most 50.' }) }),
  {
    description: 'The providers that people can sign in with.',
    examples: [{ data: [...Provider.examples] }],
  },
)

export const signInCode = Type.String({
  minLength: 1,
  maxLength: 4096,
  description: 'The `code` that `redirect_to` was given.',
  examples: [CODE],
})
export const verifier = Type.String({
  pattern: '^[A-Za-z0-9._~-]{43,128}$',
  description: 'The verifier that `code_challenge` was made of.',
  examples: [VERIFIER],
})
export const signInExample = { code: CODE, verifier: VERIFIER }

export const ProviderLogin = Component(
  'ProviderLogin',
  Type.Object(
    {
      code: signInCode,
      verifier,
      invitation: Type.Optional(invitationToken),
      ...loginChoices,
    },
    fields.closed,
  ),
  { description: 'What a sign-in is finished with.', examples: [signInExample] },
)
