import { RESOURCES, type ResourceTable } from './resources/index.ts'

/** What an API key may do, beside what its user's role allows. Writing does not imply reading. */
export type Scope =
  | `${ResourceTable}:${'read' | 'write'}`
  | 'account:read'
  | 'users:read'
  | 'users:write'
  | 'audit:read'
  | 'events:read'
  | 'tokens:introspect'

export const SCOPES: readonly Scope[] = [
  ...RESOURCES.flatMap(({ table }): Scope[] => [`${table}:read`, `${table}:write`]),
  'account:read',
  'users:read',
  'users:write',
  'audit:read',
  'events:read',
  'tokens:introspect',
]
