import { Type } from '../../../base/schema.ts'
import { FORMATS, type Format } from '../../../domain/transfer/records.ts'
import { closed } from '../../../base/fields.ts'

/** Files of records, as they are sent and received. */
export const MEDIA_TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
} as const satisfies Record<Format, string>

/** A file to a document: bytes to whoever generates a client. */
const BYTES = { type: 'string', format: 'binary' }
type Examples = Record<Format, string>

const contentOf = (media: (format: Format) => object) =>
  Object.fromEntries(FORMATS.map((format) => [MEDIA_TYPES[format], media(format)]))

/** A body that is a file. */
export const fileBody = (examples: Examples) =>
  // Of a body @fastify/swagger passes on the schema alone, and moves its example to the media type.
  Type.Unsafe<unknown>({
    content: contentOf((format) => ({ schema: { ...BYTES, examples: [examples[format]] } })),
  })

const formatParameter = Type.Optional(
  Type.Unsafe<Format>({
    type: 'string',
    enum: [...FORMATS],
    description: '`csv` (RFC 4180, the default) or `ndjson`, one JSON object in each line.',
    examples: ['csv'],
  }),
)

/** `description` is of the parameter that asks for everyone's, where others may read them. */
export const exportQuery = (description?: string) =>
  Type.Object(
    {
      format: formatParameter,
      ...(description !== undefined && {
        all: Type.Optional(Type.Boolean({ description, examples: [true] })),
      }),
    },
    closed,
  )

/** 200 with a file. */
export const fileReply = (description: string, examples: Examples) =>
  // To the compiler the handler returns a stream, which no serializer touches.
  Type.Unsafe<NodeJS.ReadableStream>({
    description,
    headers: { 'Content-Disposition': {} },
    content: contentOf((format) => ({ schema: BYTES, example: examples[format] })),
  })
