import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ZipFile } from 'yazl'
import type { Backend } from '../../domain/backend.ts'
import { NotFound } from '../../base/errors.ts'
import { exportText } from '../../domain/transfer/export-text.ts'
import { actor } from '../plugins/caller.ts'
import { created } from '../schemas/ref.ts'
import { shapeOf } from './exports.ts'
import { presentApiKey } from './schemas/api-keys.ts'
import { ArchiveLink, archiveReply, ArchiveParams } from './schemas/archives.ts'
import { presentEvent } from './schemas/audit.ts'
import { problems } from './schemas/problems.ts'
import { presentAccount } from './schemas/users.ts'

const TAGS = ['Me']

const archiveRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const names = app.backend.resources.map(({ called }) => `${called}s`)
  app.post(
    '',
    {
      config: { fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'createExport',
        summary: 'Ask for everything about you',
        description: `Makes a link to one archive with your account, ${names.join(', ')}, sessions, activity, keys (without the keys themselves) and linked identities. It is good once, for 5 minutes, and no longer than the session; a new one ends the one before. Needs a fresh session.`,
        tags: TAGS,
        response: { 201: created(ArchiveLink, 'The link.') },
      },
    },
    async (request, reply) => {
      const { token, expiresAt } = await request.backend.archives.offer(actor(request))
      const url = `${app.prefix}/${token}`
      reply.code(201).header('location', url)
      return { url, expires_at: expiresAt.toISOString() }
    },
  )

  app.get(
    '/:token',
    {
      config: { access: 'public', limit: 'auth', noStore: true, stores: true },
      schema: {
        operationId: 'getExport',
        summary: 'Fetch everything about you',
        description:
          'The archive that the link was made for: a ZIP file. Whoever has the link may fetch it, once. An archive that is cut off is not whole: then the connection breaks, and a new link is needed.',
        tags: TAGS,
        params: ArchiveParams,
        response: { 200: archiveReply('The archive.'), ...problems(new NotFound('Export')) },
      },
    },
    async (request, reply) => {
      const { backend, params, method } = request
      const isHead = method === 'HEAD'
      const asker = await backend.archives[isHead ? 'look' : 'redeem'](params.token)
      reply.type('application/zip')
      reply.header('content-disposition', 'attachment; filename="commonplace-export.zip"')
      return isHead ? Readable.from([]) : archive(backend, asker)
    },
  )
}
export default archiveRoutes

/** A ZIP file that is written while it is read, as long as whoever asked for it is signed in: no part of it is held whole. */
function archive(
  backend: Backend,
  asker: Awaited<ReturnType<Backend['archives']['redeem']>>,
): NodeJS.ReadableStream {
  const zip = new ZipFile()
  // yazl is a writer of the old kind: what fails in a part must end the reply.
  const { outputStream } = zip
  const out = outputStream as Readable
  for (const [name, text] of Object.entries(files(backend, asker.id))) {
    const part = Readable.from(backend.signedIn.during(asker, text), { objectMode: false })
    part.on('error', (error) => out.destroy(error))
    zip.addReadStream(part, name)
  }
  zip.on('error', (error: Error) => out.destroy(error))
  zip.end()
  return out
}

function files(backend: Backend, id: number): Record<string, AsyncIterable<string>> {
  const { accounts, exports, archives, apiKeys } = backend
  // Read when its turn comes: one that fails earlier would fail for nobody.
  const json = async function* (read: () => Promise<unknown>) {
    yield `${JSON.stringify(await read(), null, 2)}\n`
  }
  const lines = async function* (pages: AsyncIterable<unknown[]>) {
    for await (const page of pages) {
      yield page.map((record) => `${JSON.stringify(record)}\n`).join('')
      await turn()
    }
  }
  const events = async function* () {
    for await (const page of archives.activity(id)) yield page.map(presentEvent)
  }
  return {
    'account.json': json(async () => presentAccount(await accounts.find(id))),
    ...Object.fromEntries(
      backend.resources.map((resource) => [
        `${resource.table}.ndjson`,
        exportText(exports.pages(resource, { id }), 'ndjson', shapeOf(resource)),
      ]),
    ),
    'sessions.json': json(() => archives.sessions(id)),
    'activity.ndjson': lines(events()),
    'api-keys.json': json(async () => (await apiKeys.list({ id })).map(presentApiKey)),
    'identities.json': json(() => archives.identities(id)),
  }
}
