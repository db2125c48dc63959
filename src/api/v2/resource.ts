import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { Forbidden } from '../../base/access-errors.ts'
import { CursorMismatch, NotFound, PreconditionFailed } from '../../base/errors.ts'
import * as fields from '../../base/fields.ts'
import { listOf } from '../../domain/resources/engine/list.ts'
import type { Shown } from '../../domain/resources/engine/owner-view.ts'
import type { AnyResource } from '../../domain/resources/resource.ts'
import type { Scope } from '../../domain/scopes.ts'
import type { Version } from '../../domain/version.ts'
import { actor } from '../plugins/caller.ts'
import { created, noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { addBulk } from './bulk.ts'
import {
  asksForChanges,
  entityTag,
  ifMatch,
  IfMatch,
  IfNoneMatch,
  isUnchanged,
} from './conditional.ts'
import { answerOnce, IdempotencyKey } from './idempotency.ts'
import { querystring, readQuery, sendPage, trimmed } from './lists.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import { problems } from './schemas/problems.ts'
import { enumerate } from '../../base/text.ts'
import { namesOf, type ResourceSchemas, viewOf } from './schemas/resource.ts'

interface WithId {
  Params: { id: number }
}

/** The routes of one resource: list, read, create, write many, change, remove. Its files are in exports.ts and imports.ts. */
const resourceRoutes: FastifyPluginAsync<{ schemas: ResourceSchemas }> = async (
  app,
  { schemas },
) => {
  const { resource, record, create, patch, page, bulk, isNullable, present } = schemas
  const { name, table, read, write, unique, texts } = resource
  const listed = listOf(resource)
  const { One, Many, called, many } = namesOf(resource)
  const isPrivate = read === 'owner'
  const isModerated = write.includes('moderator' as never)
  const view = viewOf(resource)
  const revisions = isPrivate ? 1 : 2
  const tags = [Many]
  const params = fields.idParams(called)
  // The casts: a backend may have resources beside those that the compiler knows.
  const scopes = { read: `${table}:read` as Scope, write: `${table}:write` as Scope }
  const toRead = read === 'anyone' ? { access: 'public' as const } : { scope: scopes.read }
  const tagOf = (request: FastifyRequest, version: Version) => entityTag(request, view, ...version)
  const records = ({ backend }: FastifyRequest) => backend.collections.get(table)!
  const caller = (request: FastifyRequest) => (isPrivate ? actor(request) : undefined)
  const query = querystring(listed, record.properties, filtersOf(resource), searchOf(resource))
  const taken = unique ? [unique.taken()] : []
  const foreign = (verb: 'view' | 'edit' | 'delete') =>
    new Forbidden(`You can only ${verb} your own ${table}`)

  app.get(
    '',
    {
      config: toRead,
      schema: {
        operationId: `list${Many}`,
        summary: `List ${isPrivate ? 'your ' : ''}${many}`,
        description: texts.list,
        tags,
        querystring: query,
        response: {
          200: ok(page, `One page of ${isPrivate ? 'your ' : ''}${many}.`, ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const found = await records(request).page(
        readQuery(listed, request.query as never),
        caller(request),
      )
      return sendPage(request, reply, found, trimmed(request.query as never, present))
    },
  )

  app.get<WithId>(
    '/:id',
    {
      config: isPrivate ? { ...toRead, permission: `${name}.view` } : toRead,
      schema: {
        operationId: `get${One}`,
        summary: `Read a ${called}`,
        description: isPrivate
          ? `One of your ${many}.`
          : `One ${called}, with the name of its owner.`,
        tags,
        params,
        headers: IfNoneMatch,
        response: {
          200: ok(record, `The ${called}.`, ['ETag']),
          304: notModified(),
          ...problems(...(isPrivate ? [foreign('view')] : []), new NotFound(One)),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      // Whoever has it already is answered without a look at the record, where nobody else's is kept from them.
      if (!isPrivate && asksForChanges(request)) {
        const version = await records(request).version(id)
        if (isUnchanged(request, reply, tagOf(request, version))) return reply.code(304).send()
      }
      const found = await records(request).show(caller(request), id)
      if (isUnchanged(request, reply, tagOf(request, found.version))) return reply.code(304).send()
      return present(found)
    },
  )

  app.post(
    '',
    {
      config: { scope: scopes.write, idempotent: true },
      schema: {
        operationId: `create${One}`,
        summary: `${texts.verb} a ${called}`,
        description: texts.create,
        tags,
        headers: IdempotencyKey,
        body: Ref(create),
        response: {
          201: created(record, `The new ${called}.`, ['ETag']),
          ...problems(...taken),
        },
      },
    },
    async (request, reply) => {
      const input = records(request).model.read(Object(request.body))
      const answer = (made: Shown) => ({
        status: 201,
        headers: { location: `${app.prefix}/${made.id}`, etag: tagOf(request, made.version) },
        body: present(made),
      })
      return answerOnce(request, reply, answer, (last) =>
        records(request).create(actor(request), input, last),
      )
    },
  )

  addBulk<Shown>(app, {
    operationId: `bulk${Many}`,
    tag: Many,
    many,
    body: bulk.Bulk,
    results: bulk.Results,
    scope: scopes.write,
    view,
    revisions,
    run: (request, ...given) => records(request).bulk(...given),
    input: (request, value) => records(request).model.read(value),
    present,
    versionOf: ({ version }) => version,
  })

  app.patch<WithId>(
    '/:id',
    {
      config: { scope: scopes.write, permission: `${name}.edit` },
      schema: {
        operationId: `update${One}`,
        summary: `Change a ${called}`,
        description: [
          `What is absent stays${isNullable ? ', null clears' : ''}.`,
          ...(isModerated ? [`Moderators and admins may change any ${called}.`] : []),
        ].join(' '),
        tags,
        params,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(patch),
        response: {
          200: ok(record, `The ${called} as it is now.`, ['ETag']),
          ...problems(foreign('edit'), new NotFound(One), ...taken, new PreconditionFailed()),
        },
      },
    },
    async (request, reply) => {
      const changes = records(request).model.read(Object(request.body))
      const tagged = ifMatch(request, view, revisions)
      const found = await records(request).update(
        actor(request),
        request.params.id,
        changes,
        tagged,
      )
      reply.header('etag', tagOf(request, found.version))
      return present(found)
    },
  )

  app.delete<WithId>(
    '/:id',
    {
      config: { scope: scopes.write, permission: `${name}.delete` },
      schema: {
        operationId: `delete${One}`,
        summary: `Remove a ${called}`,
        description: isModerated
          ? `Moderators and admins may remove any ${called}.`
          : `Removes one of your ${many}.`,
        tags,
        params,
        headers: IfMatch,
        response: {
          204: noContent(`The ${called} is gone.`),
          ...problems(foreign('delete'), new NotFound(One), new PreconditionFailed()),
        },
      },
    },
    async (request, reply) => {
      const tagged = ifMatch(request, view, revisions)
      await records(request).remove(actor(request), request.params.id, tagged)
      return reply.code(204).send()
    },
  )
}
export default resourceRoutes

const filtersOf = ({ members, list }: AnyResource) =>
  Object.fromEntries(
    Object.entries(list.filters).map(([parameter, filter]) => {
      if (!('by' in filter)) return [parameter, filter.schema]
      const { by, about, example } = filter
      if (by === 'user_id') return [parameter, fields.id(about)]
      return [parameter, members[by]!.filter!.schema(about, example)]
    }),
  )

function searchOf({ list: { searched, example } }: AnyResource) {
  return { in: enumerate(searched, 'or'), examples: [example] }
}
