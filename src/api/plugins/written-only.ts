import type { FastifyRequest, preSerializationHookHandler, RouteOptions } from 'fastify'
import type { Scope } from '../../domain/scopes.ts'
import type { Named } from '../schemas/ref.ts'

/** What a key must have to read what an operation writes; undefined where it writes nothing. */
const readScopeOf = (scope: Scope | undefined) =>
  scope?.endsWith(':write') ? (scope.replace(/write$/, 'read') as Scope) : undefined

/** Whether the route answers with records that a key may write and not read. */
export const writesRecords = ({ config }: Pick<RouteOptions, 'config'>): boolean =>
  readScopeOf(config?.scope) !== undefined

/**
 * A media type of its own: nobody takes such a reply for the record. The document tells of it in words, because with a second
 * media type clients that are generated from it would type what everybody else gets as one or the other.
 */
const WRITTEN_TYPE = 'application/vnd.commonplace.written+json'

/** What the document says where a record, or the results of a bulk, answer one that may only write. */
export function noteOfWritten(
  { config }: Pick<RouteOptions, 'config'>,
  responses: Record<string, unknown> = {},
  components: Named[],
): string | undefined {
  const scope = readScopeOf(config?.scope)
  const references = new Set(Object.values(responses).map((one) => Object(one).$ref))
  const shows = components.some(
    ({ $id, ...schema }) =>
      references.has(`${$id}#`) && ['id', 'results'].some((name) => name in propertiesOf(schema)),
  )
  if (!scope || !shows) return undefined
  return `A key without \`${scope}\` is answered with the \`id\` and the members that were sent, as \`${WRITTEN_TYPE}\`.`
}
const propertiesOf = (schema: object): object => Object(Object(schema).properties)

/** Whether a key asks that may write what this is about, and not read it. */
export function isWriteOnly({ principal, routeOptions }: FastifyRequest): boolean {
  const scope = readScopeOf(routeOptions.config.scope)
  return scope !== undefined && principal?.scopes?.has(scope) === false
}

/** Writing does not imply reading: of a record that such a key wrote, its reply has the id and the members that were sent. */
export const onlyWritten: preSerializationHookHandler = (request, reply, payload, done) => {
  const { id, results } = Object(payload)
  // What is no record tells how many there are.
  if (!isWriteOnly(request) || (id === undefined && results === undefined))
    return done(null, payload)
  // The schema of the route asks for all members.
  reply.type(`${WRITTEN_TYPE}; charset=utf-8`).serializer(JSON.stringify)
  const { body } = request
  const { operations = [] } = Object(body)
  done(
    null,
    id === undefined
      ? { results: results.map((one: object, i: number) => resultOf(one, operations[i])) }
      : shown(payload, body),
  )
}

/** A result of a bulk. */
function resultOf(result: { data?: object }, operation: unknown) {
  return result.data ? { ...result, data: shown(result.data, Object(operation).value) } : result
}

function shown(record: unknown, sent: unknown) {
  const names = new Set(['id', ...Object.keys(Object(sent))])
  return Object.fromEntries(Object.entries(Object(record)).filter(([name]) => names.has(name)))
}
