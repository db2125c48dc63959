import type { SwaggerTransformObject } from '@fastify/swagger'
import { headersOfStatus } from './openapi-parts.ts'
import { stateRules } from './openapi-texts.ts'

interface Media {
  schema: { $ref?: string }
  example?: unknown
  'x-component'?: string
}
interface Response {
  $ref?: string
  headers?: Record<string, object>
  content?: Record<string, Media>
}
interface Parameter {
  schema: { type?: unknown }
  explode?: boolean
}
interface Operation {
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
  'x-optional-body'?: boolean
}
/** `example` in OpenAPI 3.0, `examples` in 3.1. */
interface Schema {
  example?: unknown
  examples?: unknown[]
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    headers: Record<string, object>
    responses?: Record<string, object>
  }
}

/**
 * Completes what @fastify/swagger made: headers get their components, examples move to the media types, refusals that are the
 * same everywhere become components, and nothing stays that nothing refers to. `always` names the version's own headers.
 */
export const finishDocument =
  (always: string[]): SwaggerTransformObject =>
  (source) => {
    // A deep copy: what two places share would become a YAML anchor, and all that follows writes.
    const text = JSON.stringify('openapiObject' in source ? source.openapiObject : {})
    const document: Document = JSON.parse(text)
    const { components } = document
    const responses: Record<string, Response> = {}
    const shown = new Set<Schema>()

    for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
      if (operation.requestBody) operation.requestBody.required = !operation['x-optional-body']
      delete operation['x-optional-body']
      // The validator takes `ids=1,2`, and refuses a parameter that is given twice.
      for (const parameter of operation.parameters ?? [])
        if (parameter.schema.type === 'array') parameter.explode = false
      for (const media of mediaOf(operation)) {
        const schema = components.schemas[nameOf(media.schema.$ref)]
        if (!schema) continue
        media.example ??= schema.example ?? schema.examples?.[0]
        shown.add(schema)
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        nameHeaders(Number(status), response, always)
        operation.responses[status] = share(response, responses)
      }
    }

    for (const schema of shown) {
      delete schema.example
      delete schema.examples
    }
    components.responses = responses
    prune(document)
    stateRules(document)
    return document
  }

function mediaOf({ requestBody, responses }: Operation): Media[] {
  const parts = [requestBody, ...Object.values(responses)]
  return parts.flatMap((part) => Object.values(part?.content ?? {}))
}

function nameHeaders(status: number, response: Response, always: string[]) {
  const own = Object.keys(response.headers ?? {})
  const names = [...new Set([...own, ...headersOfStatus(status, always)])].toSorted()
  if (names.length === 0) return
  response.headers = Object.fromEntries(
    names.map((name) => [name, { $ref: `#/components/headers/${componentOf(name, status)}` }]),
  )
}

/** A 401 always has a challenge, a 403 when a role or a scope is missing. */
const componentOf = (header: string, status: number) =>
  header === 'WWW-Authenticate' && status === 403 ? 'Insufficient-Scope' : header

/** A response that names itself moves to the components. */
function share(response: Response, responses: Record<string, Response>): Response {
  const [media] = Object.values(response.content ?? {})
  const name = media?.['x-component']
  if (!media || name === undefined) return response
  delete media['x-component']
  responses[name] = response
  return { $ref: `#/components/responses/${name}` }
}

/** @fastify/swagger emits every schema of the scope. */
function prune({ paths, components }: Document) {
  const reached = new Set<string>()
  const reach = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      if (key !== '$ref') reach(member)
      else if (!reached.has(member)) {
        reached.add(member)
        reach(at(components, member))
      }
    }
  }
  reach(paths)
  for (const [kind, parts] of Object.entries(components)) {
    if (kind === 'securitySchemes') continue
    const kept = Object.entries(parts).filter(([name]) =>
      reached.has(`#/components/${kind}/${name}`),
    )
    Object.assign(components, { [kind]: Object.fromEntries(kept.toSorted(byName)) })
  }
}

const nameOf = (ref = '') => ref.slice(ref.lastIndexOf('/') + 1)

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

function at(components: Document['components'], ref: string): unknown {
  const [kind = '', name = ''] = ref.replace('#/components/', '').split('/')
  return Object.entries(components).find(([key]) => key === kind)?.[1]?.[name]
}
