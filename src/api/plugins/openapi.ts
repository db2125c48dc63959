import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { stringify } from 'yaml'
import { type Named, reference } from '../schemas/ref.ts'
import { finishDocument } from './openapi-document.ts'
import { type Header, headers, type SecuritySchemes } from './openapi-parts.ts'
import { noteOfWritten } from './written-only.ts'

export interface Version {
  number: 1 | 2
  /** `info.version`. A change that breaks clients raises its first number, or `npm run openapi` refuses to write it down. */
  release: string
  description: string
  tags: Array<{ name: string; description: string }>
  components: Named[]
  securitySchemes: SecuritySchemes
  /** Headers that only this version sends, by name. */
  headers: Record<string, Header>
  /** Those of them that every reply carries. */
  always?: string[]
  /** What every error looks like. */
  error: Named
  /** A sentence for the description of a route, about what it is. */
  note?: (route: RouteOptions) => string | undefined
  /** The replies of a route: its own, and the refusals that it has because of its method, path and access. */
  responses: (route: RouteOptions) => Responses
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI 3.0.3 mirror of `swagger()`. Both exist in the scope of a version only. */
    swagger30: FastifyInstance['swagger']
  }
}

/**
 * Documents the version in whose scope it is registered, before its routes, and serves the documents. Two versions need two
 * scopes: with two decorators at the root, each document would hold the other's schemas.
 */
export default fp(
  async (app: FastifyInstance, version: Version) => {
    const documented = new WeakMap<RouteOptions, Responses>()
    const options = (openapi: '3.1.0' | '3.0.3'): FastifyDynamicSwaggerOptions => ({
      openapi: { openapi, ...describe(version) },
      hideUntagged: true,
      // Else components are called `def-0`, `def-1`.
      refResolver: {
        buildLocalReference: ({ $id }, _base, _part, i) =>
          typeof $id === 'string' ? $id : `def-${i}`,
      },
      transform({ schema, url, route }) {
        const response = documented.get(route)
        const notes = [version.note?.(route), noteOfWritten(route, response, version.components)]
        const description = [schema.description, ...notes].filter(Boolean).join(' ')
        return { url, schema: readable({ ...schema, description, response }) }
      },
      transformObject: finishDocument(version.always ?? []),
    })
    await app.register(swagger, options('3.1.0'))
    await app.register(swagger, { ...options('3.0.3'), decorator: 'swagger30' })
    for (const component of version.components) app.addSchema(component)

    app.addHook('onRoute', (route) => {
      if (route.schema === undefined || route.schema.hide) return
      const responses = version.responses(route)
      documented.set(route, responses)
      route.schema = { ...route.schema, response: serialized(responses, version.error) }
    })
    serve(app)
  },
  { name: 'openapi' },
)

export type Responses = Record<string, unknown>

const describe = ({
  number,
  release,
  description,
  tags,
  headers: own,
  securitySchemes,
}: Version) => ({
  info: {
    title: `Commonplace API v${number}`,
    version: release,
    description,
    contact: {
      name: 'Commonplace',
      url: 'https://commonplace.example',
      email: 'api@commonplace.example',
    },
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  },
  servers: [{ url: `/api/v${number}`, description: 'This server.' }],
  security: [{ bearerAuth: [] }],
  tags,
  components: { securitySchemes, headers: { ...headers(number), ...own } },
})

/** One serializer for all errors of a route: one per status makes a start some 100 ms slower. */
function serialized(responses: Responses, error: Named) {
  const successes = Object.entries(responses).filter(([status]) => Number(status) < 400)
  return { ...Object.fromEntries(successes), default: reference(error) }
}

/** The schema as the document shows it: an optional body is marked as such, one that can only be empty is left out. */
function readable(schema: FastifySchema): FastifySchema {
  const { body, ...rest } = schema
  const [optional] = [Object(body).anyOf ?? []].flat()
  if (optional === undefined) return schema
  if (Object.keys(optional.properties ?? optional).length === 0) return rest
  return Object.assign(rest, { body: optional, 'x-optional-body': true })
}

const json = (document: object) => JSON.stringify(document)
const yaml = (document: object) => stringify(document, { aliasDuplicateObjects: false })

/** Each is written once, when it is first asked for. */
function serve(app: FastifyInstance) {
  const served: Array<[path: string, type: string, write: () => string]> = [
    ['/openapi.json', 'application/json', () => json(app.swagger())],
    ['/openapi.yaml', 'application/yaml', () => yaml(app.swagger())],
    ['/openapi-3.0.json', 'application/json', () => json(app.swagger30())],
  ]
  for (const [path, type, write] of served) {
    let text: string | undefined
    const options = { config: { access: 'public' as const }, schema: { hide: true } }
    app.get(path, options, (_request, reply) => {
      text ??= write()
      return reply.type(`${type}; charset=utf-8`).send(text)
    })
  }
}
