/** A header component of a document: `required` means that the reply always has it. */
export interface Header {
  description: string
  required: boolean
  schema: Record<string, unknown>
}

export type SecuritySchemes = Record<
  string,
  | { type: 'http'; scheme: 'bearer'; bearerFormat: 'JWT'; description: string }
  | { type: 'apiKey'; in: 'cookie' | 'header'; name: string; description: string }
>

export const bearerScheme = (description: string) => ({
  bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description } as const,
})

export const apiKeyScheme = {
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'A key of a user, made in v2; it may be sent as Bearer too.',
  } as const,
}

export const header = (
  required: boolean,
  description: string,
  example: string | number,
  rules: Record<string, unknown> = {},
): Header => ({
  description,
  required,
  schema: { type: typeof example === 'number' ? 'integer' : 'string', ...rules, example },
})

export const headers = (version: number): Record<string, Header> => ({
  Link: header(
    true,
    'The other pages (RFC 8288): `first`, and `prev` and `next` where there are such.',
    `</api/v${version}/posts?limit=100&offset=100>; rel="next"`,
  ),
  Location: header(true, 'Where the new record is.', `/api/v${version}/posts/42`, {
    format: 'uri-reference',
  }),
  RateLimit: header(
    false,
    'What is left of the limit, and when it is full again.',
    '"default";r=42;t=30',
  ),
  'RateLimit-Policy': header(false, 'The limit: requests per seconds.', '"default";q=600;w=60'),
  'Retry-After': header(true, 'How many seconds to wait.', 30, { minimum: 0 }),
  'WWW-Authenticate': header(
    true,
    'What is wrong with the token (RFC 6750).',
    'Bearer realm="commonplace", error="invalid_token", error_description="Token has expired"',
    { pattern: '^Bearer realm="commonplace"' },
  ),
  'Insufficient-Scope': header(
    false,
    'There when the role of the caller is what is missing (RFC 6750).',
    'Bearer realm="commonplace", error="insufficient_scope"',
    { pattern: '^Bearer realm="commonplace", error="insufficient_scope"$' },
  ),
  'X-API-Version': header(true, 'The version that answered.', String(version), {
    enum: [String(version)],
  }),
  'X-Request-Id': header(
    true,
    "The caller's own id of the request when it is 1 to 64 of `[A-Za-z0-9_-]`, else a new one.",
    'V1StGXR8_Z5jdHi6B-myTA',
    { pattern: '^[A-Za-z0-9_-]{1,64}$' },
  ),
  'X-Total-Count': header(true, 'How many records there are on all pages.', 1, { minimum: 0 }),
})

/** The headers of a reply of this status; `always` are the version's own. */
export function headersOfStatus(status: number, always: string[]): string[] {
  // The parser answers 431 before there is a request that could have a limit or an age.
  if (status === 431) return ['X-API-Version', 'X-Request-Id']
  const all = ['RateLimit', 'RateLimit-Policy', 'X-API-Version', 'X-Request-Id', ...always]
  if (status === 401 || status === 403) return ['WWW-Authenticate', ...all]
  return status === 429 || status === 503 ? ['Retry-After', ...all] : all
}
