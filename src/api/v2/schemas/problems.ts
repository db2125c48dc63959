import type { FastifyError } from '@fastify/error'
import type { RouteOptions } from 'fastify'
import { Type } from '../../../base/schema.ts'
import { PROBLEM_TYPE, renderProblem } from '../../problem.ts'
import { catalogue } from '../../problems/catalogue.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { reason } from '../../reason.ts'
import { commonErrors } from './common-errors.ts'

const MEDIA_TYPE = PROBLEM_TYPE.split(';')[0]!
const REQUEST_ID = 'V1StGXR8_Z5jdHi6B-myTA'
const CODES = catalogue
  .flatMap(({ entries }) => entries.map(({ error }) => error.code.toLowerCase()))
  .toSorted()

const ViolationDetail = {
  code: Type.String({ description: 'Which rule was broken.', examples: ['too_long'] }),
  detail: Type.String({
    description: 'The same, as a sentence.',
    examples: ['title must have at most 200 characters'],
  }),
}

export const Violation = Component(
  'Violation',
  Type.Object({
    pointer: Type.Optional(
      Type.String({
        description: 'Where in the body: a JSON pointer (RFC 6901) as a URI fragment.',
        examples: ['#/title'],
      }),
    ),
    line: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Where the row begins in an imported file, from 1 on; the header counts.',
        examples: [3],
      }),
    ),
    in: Type.Optional(
      Type.Unsafe<'query' | 'path' | 'header'>({
        type: 'string',
        enum: ['query', 'path', 'header'],
        description: 'Where, when it is not in the body.',
        examples: ['query'],
      }),
    ),
    parameter: Type.Optional(
      Type.String({
        description: 'The name of the parameter, when it is not in the body.',
        examples: ['limit'],
      }),
    ),
    ...ViolationDetail,
  }),
  {
    description: 'One thing that is wrong with the input, in the body or in a parameter.',
    examples: [
      {
        pointer: '#/title',
        code: 'too_long',
        detail: 'title must have at most 200 characters',
      },
    ],
  },
)

export const Problem = Component(
  'Problem',
  Type.Object({
    type: Type.String({
      format: 'uri-reference',
      description: 'The page that explains the problem.',
      examples: ['/problems/not-found'],
    }),
    title: Type.String({
      description: 'The reason phrase of the status.',
      examples: ['Not Found'],
    }),
    status: Type.Integer({ description: 'The status.', examples: [404] }),
    detail: Type.String({ description: 'What is wrong here.', examples: ['User not found'] }),
    instance: Type.String({
      format: 'uri-reference',
      description: 'The path that was asked for.',
      examples: ['/api/v2/users/42'],
    }),
    code: Type.String({
      pattern: '^[a-z][a-z0-9_]*$',
      description: 'The stable word of the cause. All of them are listed at `/problems`.',
      examples: ['not_found'],
      // Not `enum`: strict clients would fail to read a problem whose code is newer than they are.
      'x-extensible-enum': CODES,
    }),
    request_id: Type.String({
      description: 'The id of the request, as in `X-Request-Id`.',
      examples: [REQUEST_ID],
    }),
    rejected: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'How many rows of an import are not as they must be, the header among them.',
        examples: [1],
      }),
    ),
    errors: Type.Optional(
      Type.Array(Ref(Violation), { description: 'Everything that is wrong with the input.' }),
    ),
  }),
  {
    description: 'Problem details (RFC 9457).',
    examples: [
      {
        type: '/problems/not-found',
        title: 'Not Found',
        status: 404,
        detail: 'User not found',
        instance: '/api/v2/users/42',
        code: 'not_found',
        request_id: REQUEST_ID,
      },
    ],
  },
)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether it stores anything, for which there may be no room: all but GET, unless it says otherwise. */
    stores?: boolean
  }
}

/** To the compiler the body is `never`: a handler throws its refusals, it cannot return one. */
const body = Type.Unsafe<never>(Ref(Problem))
interface Refusal {
  description: string
  content: Record<string, object>
  headers?: Record<string, object>
}

/** The refusals that an operation has of its own, one or more to a status; the first of a status is its example. */
export function problems(...errors: FastifyError[]): object {
  return respond(errors, '/api/v2/users/42', () => undefined)
}

/**
 * The replies of a route with the refusals that it has because of what it is. Where it has its own of that status, the reply tells
 * of both; the document holds the others once, by name.
 */
export function withCommonProblems(route: RouteOptions): Record<string, unknown> {
  const own: Record<string, Refusal | undefined> = Object(route.schema?.response)
  // What is kept for an Idempotency-Key says so when it is sent again: that is in no component.
  const { idempotent = false } = route.config ?? {}
  const isShared = (status: number) => NAMED.has(status) && !(idempotent && KEPT.has(status))
  const common = respond(commonErrors(route), '/api/v2/users', (status) =>
    isShared(status) ? reason(status).replaceAll(/\W/g, '') : undefined,
  )
  const merged = Object.entries(common).map(([status, refusal]) => {
    const mine = own[status]
    const description = `${mine?.description ?? ''} ${refusal.description}`
    return [status, mine ? { ...mine, description } : refusal]
  })
  const all: Array<[string, Refusal]> = Object.entries({ ...own, ...Object.fromEntries(merged) })
  if (!idempotent) return Object.fromEntries(all)
  return Object.fromEntries(
    all.map(([status, reply]) => [
      status,
      isShared(Number(status)) ? reply : { ...reply, headers: { ...reply.headers, ...REPLAYED } },
    ]),
  )
}

const REPLAYED = { 'Idempotency-Replayed': {} }
/** Those that a handler may answer, beside those of the operation itself. */
const KEPT = new Set([401, 422])

/** A 403 depends on the route, so it is no component. */
const NAMED = new Set([400, 401, 413, 414, 415, 422, 429, 431, 500, 503, 507])

/** `name` says under which name a status is kept once for all operations. */
function respond(
  errors: FastifyError[],
  instance: string,
  name: (status: number) => string | undefined,
): Record<string, Refusal> {
  const byStatus = Map.groupBy(errors, ({ statusCode }) => statusCode ?? 500)
  return Object.fromEntries(
    [...byStatus].map(([status, [first, ...others]]) => {
      const component = name(status)
      const media = {
        schema: body,
        example: JSON.parse(renderProblem(first!, instance, REQUEST_ID)),
        ...(component !== undefined && { 'x-component': component }),
      }
      const description = [first!, ...others].map(describe).join(' ')
      return [status, { description, content: { [MEDIA_TYPE]: media } }]
    }),
  )
}

const describe = ({ code, message }: FastifyError) => `\`${code.toLowerCase()}\`: ${message}.`
