/** What an API key may do, beside what its user's role allows. Writing does not imply reading. */
export const SCOPES = [
  'posts:read',
  'posts:write',
  'todos:read',
  'todos:write',
  'books:read',
  'books:write',
  'account:read',
  'users:read',
  'users:write',
  'audit:read',
  'events:read',
  'tokens:introspect',
] as const
export type Scope = (typeof SCOPES)[number]
