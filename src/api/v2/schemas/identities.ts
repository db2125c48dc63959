import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { Identity as Linked } from '../../../domain/providers/identities.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { providerName, signInCode, signInExample, verifier } from './providers.ts'

const NOW = '2026-11-20T16:33:06.902Z'

export const Identity = Component(
  'Identity',
  Type.Object({
    id: fields.id('The id of the identity.'),
    provider: providerName('The name of the provider.'),
    email: Nullable(
      Type.String({
        description: 'The address that the provider last told, whether verified or not.',
        examples: ['alice@example.com'],
      }),
    ),
    created_at: fields.timestamp('When it was linked.'),
    last_used_at: fields.timestamp('When it was last signed in with.'),
  }),
  {
    description: 'Who you are at a provider.',
    examples: [
      {
        id: 42,
        provider: 'example',
        email: 'alice@example.com',
        created_at: NOW,
        last_used_at: NOW,
      },
    ],
  },
)

export const IdentityList = Component(
  'IdentityList',
  Type.Object({
    data: Type.Array(Ref(Identity), {
      maxItems: 100,
      description: 'Those that were used last, at most 100.',
    }),
  }),
  { description: 'Your identities.', examples: [{ data: [...Identity.examples] }] },
)

export const IdentityLink = Component(
  'IdentityLink',
  Type.Object({ code: signInCode, verifier }, fields.closed),
  { description: 'What shows who you are at a provider.', examples: [signInExample] },
)

export const presentIdentity = (identity: Linked): Static<typeof Identity> => ({
  id: identity.id,
  provider: identity.provider,
  email: identity.email,
  created_at: identity.createdAt.toISOString(),
  last_used_at: identity.lastUsedAt.toISOString(),
})
