import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { ApiKey as Record } from '../../../domain/accounts/api-keys.ts'
import { type Scope, SCOPES } from '../../../domain/scopes.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const KEY = 'cpk_mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE'
const EXAMPLE = {
  id: 42,
  name: 'Nightly export',
  prefix: 'cpk_mC3k0u8y',
  scopes: ['todos:read' as const],
  created_at: '2026-11-20T16:33:06.902Z',
  expires_at: null,
  last_used_at: null,
}
const name = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: String.raw`\S`,
  ...fields.SHOWN,
  description: 'What it is for.',
  examples: [EXAMPLE.name],
})
/** Named: some generators cannot loop over a set whose items have an inline enum. */
export const ApiKeyScope = Component(
  'ApiKeyScope',
  Type.Unsafe<Scope>({ type: 'string', enum: [...SCOPES] }),
  {
    description:
      'What a key may do. Writing does not imply reading: of a record that a key wrote and may not read, its replies have the `id` and the members that were sent.',
    examples: ['todos:read'],
  },
)
const members = {
  id: fields.id('The id of the key.'),
  name,
  prefix: Type.String({ description: 'How the key begins.', examples: [EXAMPLE.prefix] }),
  scopes: Type.Array(Ref(ApiKeyScope), { description: 'What the key may do.' }),
  created_at: fields.timestamp('When it was made.'),
  expires_at: Nullable(fields.timestamp('When it ends, null when it does not.')),
  last_used_at: Nullable(
    fields.timestamp('When it was last used, to the minute; null when never.'),
  ),
}

export const ApiKey = Component('ApiKey', Type.Object(members), {
  description: 'A key for a program, without the key itself.',
  examples: [EXAMPLE],
})

/** Not `NewApiKey`: that is what a Go client calls its constructor of `ApiKey`. */
export const IssuedApiKey = Component(
  'IssuedApiKey',
  Type.Object({
    ...members,
    key: Type.String({
      description: 'The key, shown this once. Send it as `X-API-Key` or as Bearer.',
      examples: [KEY],
    }),
  }),
  { description: 'A key for a program.', examples: [{ ...EXAMPLE, key: KEY }] },
)

export const ApiKeyCreate = Component(
  'ApiKeyCreate',
  Type.Object(
    {
      name,
      scopes: Type.Array(Ref(ApiKeyScope), {
        minItems: 1,
        maxItems: SCOPES.length,
        uniqueItems: true,
        description: 'What the key may do, never more than the role of its user.',
      }),
      expires_at: Type.Optional(
        Nullable(
          Type.String({
            format: 'date-time',
            description: 'When it ends (RFC 3339, any offset); it does not unless given.',
            examples: ['2027-11-20T00:00:00Z'],
          }),
        ),
      ),
    },
    fields.closed,
  ),
  {
    description: 'A new key.',
    examples: [{ name: EXAMPLE.name, scopes: EXAMPLE.scopes, expires_at: '2027-11-20T00:00:00Z' }],
  },
)

export const ApiKeyList = Component(
  'ApiKeyList',
  Type.Object({ data: Type.Array(Ref(ApiKey), { maxItems: 50, description: 'The keys.' }) }),
  { description: 'Your keys.', examples: [{ data: [EXAMPLE] }] },
)

export const presentApiKey = (key: Record): Static<typeof ApiKey> => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  scopes: [...key.scopes],
  created_at: key.createdAt.toISOString(),
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
})
