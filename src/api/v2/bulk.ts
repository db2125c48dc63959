import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { Forbidden } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import { type Operation, type Outcome, refusalOf } from '../../domain/resources/engine/bulk.ts'
import type { Last } from '../../domain/resources/engine/collection.ts'
import {
  NotFound,
  PreconditionFailed,
  ValidationFailed,
  type Violation,
} from '../../base/errors.ts'
import { BulkRolledBack } from '../../base/write-errors.ts'
import type { Scope } from '../../domain/scopes.ts'
import type { Version } from '../../domain/version.ts'
import { actor } from '../plugins/caller.ts'
import { problemOf } from '../problem.ts'
import { type Named, ok, Ref } from '../schemas/ref.ts'
import { pathOf } from '../version.ts'
import { entityTag, matchesOf } from './conditional.ts'
import { answerOnce, IdempotencyKey } from './idempotency.ts'
import { problems } from './schemas/problems.ts'

interface BulkBody {
  atomic?: boolean
  operations: Array<{
    op: Operation<unknown>['op']
    id?: number
    if_match?: string
    value?: object
  }>
}

interface Bulk<V> {
  /** `Posts` */
  tag: string
  /** `posts` */
  many: string
  /** `createPost` and so on name the operations of one record; this one is `bulkPosts`. */
  operationId: string
  body: Named
  results: Named
  /** What an API key needs. */
  scope: Scope
  /** Of the entity tags, and how many revisions are in one. */
  view: string
  revisions: Version['length']
  run(
    request: FastifyRequest,
    actor: Actor,
    operations: Array<Operation<object> | FastifyError>,
    options: { atomic?: boolean | undefined },
    last?: Last<Array<Outcome<V>>>,
  ): Promise<Array<Outcome<V>>>
  /** A value of the body by its names inside. @throws ValidationFailed */
  input(request: FastifyRequest, value: object): object
  present(record: V): object
  versionOf(record: V): Version
}

const ITEM = /^\/operations\/(\d+)\/value(?=\/|$)/

/** `POST …/bulk` of one resource: what is wrong with a value is told in its place, what is wrong with the bulk refuses it. */
export function addBulk<V>(app: FastifyInstance, bulk: Bulk<V>) {
  const { operationId, tag, many, body, results, view, revisions } = bulk
  app.post<{ Body: BulkBody }>(
    '/bulk',
    {
      config: { idempotent: true, scope: bulk.scope },
      // What is wrong with a value is no reason to refuse the others; the rest must be in order before anything begins.
      attachValidation: true,
      preHandler: async (request) => {
        for (const part of ['headers', 'querystring'] as const) checkAgain(request, part)
        faultsOf(request)
        refuseTwice(request.body.operations)
      },
      schema: {
        operationId,
        summary: `Write many ${many} at once`,
        description:
          'Creates, changes and removes up to 100 records in one transaction. Each result has the status, and the body or the ' +
          'problem, that the operation would have had alone.',
        tags: [tag],
        headers: IdempotencyKey,
        body: Ref(body),
        response: {
          200: ok(results, 'What became of each operation.'),
          ...problems(
            ...[new Forbidden(''), new NotFound('Record'), new PreconditionFailed()].map(
              (failure) => new BulkRolledBack(0, failure),
            ),
          ),
        },
      },
    },
    async (request, reply) => {
      const { atomic, operations } = request.body
      const faults = faultsOf(request)
      const read = operations.map(({ op, id = 0, if_match: tags, value = {} }, index) => {
        const violations = faults.get(index)
        if (violations) return new ValidationFailed(violations)
        const ifMatch = tags === undefined ? undefined : matchesOf(request, tags, view, revisions)
        if (op === 'delete') return { op, id, ifMatch }
        try {
          const input = bulk.input(request, value)
          return op === 'create' ? { op, value: input } : { op, id, ifMatch, value: input }
        } catch (error) {
          return refusalOf(error)
        }
      })
      const result = (outcome: Outcome<V>, index: number) => {
        if ('error' in outcome) {
          const { error } = outcome
          const problem = problemOf(placed(error, index), pathOf(request.url), request.id)
          return { status: problem.status, problem }
        }
        const { record } = outcome
        if (record === undefined) return { status: 204 }
        return {
          status: operations[index]?.op === 'create' ? 201 : 200,
          etag: entityTag(request, view, ...bulk.versionOf(record)),
          data: bulk.present(record),
        }
      }
      return answerOnce(
        request,
        reply,
        (outcomes: Array<Outcome<V>>) => ({ status: 200, body: { results: outcomes.map(result) } }),
        (last) => bulk.run(request, actor(request), read, { atomic }, last),
      )
    },
  )
}

/** Fastify attaches the first part that is wrong, and looks no further. @throws ValidationFailed */
function checkAgain(request: FastifyRequest, part: 'headers' | 'querystring') {
  const given = part === 'headers' ? request.headers : request.query
  // Our validators answer true or the error (validation.ts).
  const verdict: unknown = request.validateInput(given, part)
  if (verdict !== true) throw Object(verdict).error
}

/** What is wrong with the values, by their index. @throws ValidationFailed for what is wrong elsewhere */
function faultsOf({ validationError: error }: FastifyRequest): Map<number, Violation[]> {
  if (!error) return new Map()
  if (!(error instanceof ValidationFailed)) throw error
  const faults = new Map<number, Violation[]>()
  for (const violation of error.violations) {
    const [place, index] = ITEM.exec(violation.path) ?? []
    // A removal has no value: then it is unknown itself.
    const isWhole = violation.path === place && violation.code === 'unknown_member'
    if (place === undefined || isWhole) throw error
    const inside = { ...violation, path: violation.path.slice(place.length) }
    faults.set(Number(index), [...(faults.get(Number(index)) ?? []), inside])
  }
  return faults
}

/** @throws ValidationFailed when two operations name the same record: which of them shall count? */
function refuseTwice(operations: BulkBody['operations']) {
  const seen = new Set<number>()
  const violations: Violation[] = []
  for (const [index, { id }] of operations.entries()) {
    if (id === undefined) continue
    const path = `/operations/${index}/id`
    const detail = `${path.slice(1)} names a record that another operation names already`
    if (seen.has(id)) violations.push({ in: 'body', path, code: 'duplicate', detail })
    seen.add(id)
  }
  if (violations.length > 0) throw new ValidationFailed(violations)
}

/** A failure as the whole body sees it. */
function placed(error: FastifyError, index: number): FastifyError {
  if (!(error instanceof ValidationFailed)) return error
  const at = ({ path, ...rest }: Violation) => ({
    ...rest,
    path: `/operations/${index}/value${path}`,
  })
  return new ValidationFailed(error.violations.map(at))
}
