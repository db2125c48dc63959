import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { fileColumnsOf, flatPresenterOf } from '../../domain/resources/engine/wire.ts'
import type { AnyResource } from '../../domain/resources/resource.ts'
import type { Scope } from '../../domain/scopes.ts'
import { writeCsv, writeHeader } from '../../domain/transfer/csv-writer.ts'
import { exportText, type RowShape } from '../../domain/transfer/export-text.ts'
import type { Format } from '../../domain/transfer/records.ts'
import { actor } from '../plugins/caller.ts'
import { exportQuery, fileReply, MEDIA_TYPES } from './schemas/files.ts'
import { namesOf, type ResourceSchemas } from './schemas/resource.ts'

const ABOUT = `The records come in the order of their ids, with the members that they have elsewhere; of \`user\` each row has \`user_id\` and
\`username\`. In CSV all texts are in quotes; what a spreadsheet would run as a formula has an apostrophe before it, which an import takes
away again. A file that is cut off is not whole: then the connection breaks.`

/** Everything of a resource that one may take along, as a file. */
const exports: FastifyPluginAsync<{ schemas: readonly ResourceSchemas[] }> = async (
  app,
  { schemas },
) => {
  // In the order that they have in the document: those first that files are read of, too.
  const [both, written] = [true, false].map((isRead) =>
    schemas.filter(({ resource }) => (resource.files !== undefined) === isRead),
  )
  for (const { resource, record } of [...both!, ...written!]) {
    const { table, read, texts } = resource
    const { Many, many } = namesOf(resource)
    const shape = shapeOf(resource)
    app.get<{ Querystring: { all?: boolean; format?: Format } }>(
      `/${table}/export`,
      {
        config: { scope: `${table}:read` as Scope },
        schema: {
          operationId: `export${Many}`,
          summary: `Export ${read === 'owner' ? 'your ' : ''}${many}`,
          description: `${texts.export} ${ABOUT}`,
          tags: [Many],
          querystring: exportQuery(texts.all),
          response: { 200: fileReply('The file.', exampleOf(resource, record.examples)) },
        },
      },
      async (request, reply) => {
        const pages = request.backend.exports.pages(resource, actor(request), request.query)
        return send(request, reply, { name: table, shape, pages, ...request.query })
      },
    )
  }
}

/** Records of a resource as the rows of a file. */
export const shapeOf = (resource: AnyResource): RowShape<Record<string, unknown>> => ({
  columns: fileColumnsOf(resource),
  present: flatPresenterOf(resource),
})

/** What a file with these records looks like. */
function exampleOf(
  resource: AnyResource,
  records: ReadonlyArray<Record<string, unknown>>,
): Record<Format, string> {
  const columns = fileColumnsOf(resource)
  const rows = records.map((record) => {
    const owner = Object(record['user'])
    const flat = { ...record, user_id: owner.id, username: owner.username }
    return Object.fromEntries(columns.map((column) => [column, flat[column as 'username']]))
  })
  return {
    csv: `${writeHeader(columns)}${writeCsv(rows, columns)}`,
    ndjson: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  }
}

interface File<R> {
  name: string
  shape: RowShape<R>
  pages: AsyncIterable<R[]>
  format?: Format
}

async function send<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, shape, pages, format = 'csv' }: File<R>,
): Promise<Readable> {
  const isHead = request.method === 'HEAD'
  const guarded = request.backend.signedIn.during(actor(request), pages)
  const begun = isHead ? undefined : await begin(guarded)
  const parameters = format === 'csv' ? '; charset=utf-8; header=present' : '; charset=utf-8'
  reply.type(`${MEDIA_TYPES[format]}${parameters}`)
  reply.header('content-disposition', `attachment; filename="${name}.${format}"`)
  // Of a reply to HEAD, Fastify would read the whole file to throw it away.
  return Readable.from(begun ? exportText(begun, format, shape) : [], { objectMode: false })
}

/** The same, of which the first has been read: what fails before anything was sent is answered as ever. */
async function begin<R>(pages: AsyncGenerator<R>): Promise<AsyncIterable<R>> {
  const first = await pages.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* pages
  })()
}

export default exports
