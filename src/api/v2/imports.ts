import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { RequestTimeout, UnsupportedMediaType } from '../../base/errors.ts'
import { ImportRejected, ImportRunning } from '../../base/write-errors.ts'
import { BOOK_COLUMNS, type Columns, TODO_COLUMNS } from '../../domain/transfer/columns.ts'
import type { FileRow } from '../../domain/transfer/file-row.ts'
import { type Imported, type ReceivedFile, tooManyRows } from '../../domain/transfer/imports.ts'
import { type Format, FORMATS, readRows } from '../../domain/transfer/records.ts'
import { actor } from '../plugins/caller.ts'
import { arriving } from '../plugins/upload.ts'
import { ok } from '../schemas/ref.ts'
import { answerOnce, IdempotencyKey, reserve } from './idempotency.ts'
import { readBook, readTodo } from './import-rows.ts'
import { fileBody, MEDIA_TYPES } from './schemas/files.ts'
import { ImportQuery, ImportResult } from './schemas/imports.ts'
import { problems } from './schemas/problems.ts'

const LIMITS = { bytes: 32 * 1024 * 1024, idle: 10_000 }
/** Milliseconds after which it is asked again, while a file arrives, whether whoever sends it still is signed in. */
const LOOK = 1000

const ABOUT = `The rows have the members of a new record; in CSV, which begins with a header, an empty cell is an absent one. Files that an export
wrote are taken as they are. Rows are checked before any is written, and all are written at once or none. A file has at most 50,000 rows and
32 MiB; the \`commonplace\` command takes larger ones.`

const EXAMPLES = {
  todos: {
    csv: 'title,description,completed,due_at,priority\r\nWater the plants,The ones on the sill too.,false,2026-11-27T17:00:00+01:00,high\r\n',
    ndjson: '{"title":"Water the plants","due_at":"2026-11-27T17:00:00+01:00"}\n',
  },
  books: {
    csv: 'title,author,isbn,published_year,description\r\nThe Left Hand of Darkness,Ursula K. Le Guin,0-441-47812-3,1969,\r\n',
    ndjson: '{"title":"Walden","author":"Henry David Thoreau","published_year":1854}\n',
  },
}
const REJECTED = new ImportRejected({
  rejected: 1,
  errors: [{ line: 3, code: 'required', detail: 'title is required' }],
})

interface Kind {
  name: keyof typeof EXAMPLES
  tag: string
  operationId: string
  summary: string
  also?: string
  columns: Columns
  receive(request: FastifyRequest, rows: AsyncIterable<FileRow>): Promise<ReceivedFile>
}

/** New records from files. */
const imports: FastifyPluginAsyncTypebox = async (app) => {
  app.removeAllContentTypeParsers()
  // Before Fastify refuses what is no media type, as if JSON were wanted.
  app.addHook('preParsing', (request, _reply, payload, next) => {
    next(isFile(request) ? null : notAFile(), payload)
  })
  for (const format of FORMATS)
    app.addContentTypeParser(MEDIA_TYPES[format], (_request, payload, done) => done(null, payload))

  const [todo, book] = [readTodo(), readBook()]
  const kinds: Kind[] = [
    {
      name: 'todos',
      tag: 'Todos',
      operationId: 'importTodos',
      summary: 'Write to-dos from a file',
      columns: TODO_COLUMNS,
      receive: (request, rows) => request.backend.imports.todos(actor(request), rows, todo),
    },
    {
      name: 'books',
      tag: 'Books',
      operationId: 'importBooks',
      summary: 'Add books from a file',
      also: ' The library export of Goodreads is taken too: of it come title, author, ISBN, year and review.',
      columns: BOOK_COLUMNS,
      receive: (request, rows) => request.backend.imports.books(actor(request), rows, book),
    },
  ]
  for (const { name, tag, operationId, summary, also = '', columns, receive } of kinds) {
    app.post(
      `/${name}/import`,
      {
        config: { idempotent: 'late', scope: `${name}:write` as const },
        schema: {
          operationId,
          summary,
          description: `${ABOUT}${also}`,
          tags: [tag],
          querystring: ImportQuery,
          headers: IdempotencyKey,
          body: fileBody(EXAMPLES[name]),
          response: {
            200: ok(ImportResult, 'What would become of the file.'),
            201: ok(ImportResult, 'What became of the file.'),
            ...problems(
              notAFile(),
              REJECTED,
              new ImportRunning(),
              new RequestTimeout(),
              tooManyRows(),
            ),
          },
        },
      },
      async (request, reply) => {
        const { on_error: onError, dry_run: dryRun } = request.query
        // Whatever refuses a file may do so before its end has come.
        reply.header('connection', 'close')
        const digest = createHash('sha256').update(`${onError} `)
        // The cast: what has passed the hook is parsed, and the parsers pass on the stream.
        const arrival = arriving(request, request.body as Readable, LIMITS)
        const { signedIn } = request.backend
        const bytes = digested(signedIn.during(actor(request), arrival, LOOK), digest)
        const rows = readRows(bytes, formatOf(request), columns)
        const file = await receive(request, rows)
        try {
          reply.removeHeader('connection')
          if (dryRun) return await file.write({ onError, dryRun })
          if (await reserve(request, reply, digest.digest('base64url'))) return reply
          const answer = (result: Imported) => ({ status: 201, body: result })
          return await answerOnce(request, reply, answer, (last) => file.write({ onError }, last))
        } finally {
          await file.close()
        }
      },
    )
  }
}

const notAFile = () =>
  new UnsupportedMediaType(`${Object.values(MEDIA_TYPES).join(' or ')}, in UTF-8`)

const formatOf = ({ headers }: FastifyRequest): Format =>
  headers['content-type']?.toLowerCase().startsWith(MEDIA_TYPES.csv) ? 'csv' : 'ndjson'

function isFile({ headers }: FastifyRequest) {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers
  const charset = /;\s*charset="?([^";]*)/i.exec(type)?.[1]?.trim() ?? 'utf-8'
  const mediaType = type.split(';', 1).join().trim().toLowerCase()
  const isKnown = Object.values<string>(MEDIA_TYPES).includes(mediaType)
  return isKnown && /^utf-?8$/i.test(charset) && /^identity$/i.test(coding)
}

async function* digested(
  source: AsyncIterable<Uint8Array>,
  digest: { update(bytes: Uint8Array): unknown },
) {
  for await (const bytes of source) {
    digest.update(bytes)
    yield bytes
  }
}

export default imports
