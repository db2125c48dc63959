import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { RequestTimeout, UnsupportedMediaType, ValidationFailed } from '../../base/errors.ts'
import type { Static } from '../../base/schema.ts'
import { ImportRejected, ImportRunning } from '../../base/write-errors.ts'
import { modelOf } from '../../domain/resources/engine/model.ts'
import { importColumnsOf } from '../../domain/resources/engine/wire.ts'
import type { AnyResource } from '../../domain/resources/resource.ts'
import type { Scope } from '../../domain/scopes.ts'
import { type Imported, type ReadRow, tooManyRows } from '../../domain/transfer/imports.ts'
import { type Format, FORMATS, readRows } from '../../domain/transfer/records.ts'
import { actor } from '../plugins/caller.ts'
import { arriving } from '../plugins/upload.ts'
import { checkOf } from '../plugins/validation.ts'
import { ok } from '../schemas/ref.ts'
import { answerOnce, IdempotencyKey, reserve } from './idempotency.ts'
import { fileBody, MEDIA_TYPES } from './schemas/files.ts'
import { ImportQuery, ImportResult } from './schemas/imports.ts'
import { problems } from './schemas/problems.ts'
import { createSchemaOf, namesOf, type ResourceSchemas } from './schemas/resource.ts'

const LIMITS = { bytes: 32 * 1024 * 1024, idle: 10_000 }
/** Milliseconds after which it is asked again, while a file arrives, whether whoever sends it still is signed in. */
const LOOK = 1000

const ABOUT = `The rows have the members of a new record; in CSV, which begins with a header, an empty cell is an absent one. Files that an export
wrote are taken as they are. Rows are checked before any is written, and all are written at once or none. A file has at most 50,000 rows and
32 MiB; the \`commonplace\` command takes larger ones.`

const REJECTED = new ImportRejected({
  rejected: 1,
  errors: [{ line: 3, code: 'required', detail: 'title is required' }],
})

/** New records from files. */
const imports: FastifyPluginAsync<{ schemas: readonly ResourceSchemas[] }> = async (
  app,
  { schemas },
) => {
  app.removeAllContentTypeParsers()
  // Before Fastify refuses what is no media type, as if JSON were wanted.
  app.addHook('preParsing', (request, _reply, payload, next) => {
    next(isFile(request) ? null : notAFile(), payload)
  })
  for (const format of FORMATS)
    app.addContentTypeParser(MEDIA_TYPES[format], (_request, payload, done) => done(null, payload))

  for (const { resource } of schemas) {
    const { table, files, texts } = resource
    if (!files) continue
    const { Many, many } = namesOf(resource)
    const columns = importColumnsOf(resource)
    const readRow = rowReaderOf(resource)
    app.post<{ Querystring: Static<typeof ImportQuery> }>(
      `/${table}/import`,
      {
        config: { idempotent: 'late', scope: `${table}:write` as Scope },
        schema: {
          operationId: `import${Many}`,
          summary: `${texts.verb} ${many} from a file`,
          description: `${ABOUT}${files.about ?? ''}`,
          tags: [Many],
          querystring: ImportQuery,
          headers: IdempotencyKey,
          body: fileBody(files),
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
        const { backend } = request
        const records = backend.collections.get(table)!
        const file = await backend.imports.receive(actor(request), records, rows, readRow)
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

/** How the rows of a file become what a new record is made from: by the rules of a single one. */
export function rowReaderOf(resource: AnyResource): ReadRow {
  const check = checkOf(createSchemaOf(resource))
  const { read } = modelOf(resource)
  return (members) => {
    const violations = check(members)
    if (violations.length > 0) throw new ValidationFailed([...violations])
    return read(members)
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
