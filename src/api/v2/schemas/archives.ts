import { Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

const URL = '/api/v2/me/exports/mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE'

export const ArchiveParams = Type.Object(
  {
    token: Type.String({
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'The token of the link.',
      examples: [URL.slice(-43)],
    }),
  },
  fields.closed,
)

export const ArchiveLink = Component(
  'ArchiveLink',
  Type.Object({
    url: Type.String({
      format: 'uri-reference',
      description: 'Where the archive can be fetched, once.',
      examples: [URL],
    }),
    expires_at: fields.timestamp('When the link ends.'),
  }),
  {
    description: 'A link to an archive of everything about you.',
    examples: [{ url: URL, expires_at: '2026-11-20T16:38:06.902Z' }],
  },
)

/** 200 with a ZIP file. */
export const archiveReply = (description: string) =>
  // To the compiler the handler returns a stream, which no serializer touches.
  Type.Unsafe<NodeJS.ReadableStream>({
    description,
    headers: { 'Content-Disposition': {} },
    content: {
      'application/zip': { schema: { type: 'string', format: 'binary' }, example: 'PK…' },
    },
  })
