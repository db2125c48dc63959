import { Readable } from 'node:stream'
import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv'
import type { FastifyContextConfig, FastifyInstance, FastifySchemaCompiler } from 'fastify'
import fp from 'fastify-plugin'
import { UnsupportedMediaType, ValidationFailed, type Violation } from '../../base/errors.ts'
import { bounded, boundKeywords } from './bounds.ts'
import { coercion } from './coercion.ts'
import { buildSerializer } from './serialization.ts'
import type { Part } from './pointer.ts'
import { unstorable } from './text.ts'
import { violationsOf } from './violations.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be absent. True of every DELETE. */
    optionalBody?: boolean
  }
}

type ValidatorFactory = NonNullable<
  NonNullable<FastifySchemaControllerOptions['compilersFactory']>['buildValidator']
>
type FastifySchemaControllerOptions = Parameters<FastifyInstance['setSchemaController']>[0]

/** Fastify's own defaults coerce bodies ("5" for 5), drop unknown members in silence and stop at the first error. */
const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
  addUsedSchema: false,
  // The schemas are our own and the contract lint reads them: to compile the schema of schemas takes a tenth of a start, and memory.
  meta: false,
  validateSchema: false,
  keywords: ['example', 'x-stated'],
}
const PARTS: Partial<Record<string, Part>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}
const NONE: readonly Violation[] = []
const NO_PARAMETERS = { type: 'object', properties: {}, additionalProperties: false }

export default fp(
  (app: FastifyInstance, _options, done) => {
    const optional = new Set<string>()
    app.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) {
        if (isBodyOptional(method, route.config)) optional.add(`${method} ${route.url}`)
      }
      // A query that no schema closes would be ignored in silence: a misspelt filter would answer everything.
      if (route.url.startsWith('/api/') && route.schema?.querystring === undefined) {
        route.schema = { ...route.schema, querystring: NO_PARAMETERS }
      }
    })

    // Typed as Ajv's own `compile`, which it is not: Fastify calls it with the route part that its plain compilers get.
    const buildValidator = validators(optional) as ValidatorFactory
    app.setSchemaController({ compilersFactory: { buildValidator, buildSerializer } })
    done()
  },
  { name: 'validation' },
)

export function isBodyOptional(method: string, config?: FastifyContextConfig): boolean {
  return method === 'DELETE' || config?.optionalBody === true
}

function validators(optional: Set<string>) {
  return (shared: Record<string, unknown>): FastifySchemaCompiler<AnySchema> => {
    // At first use, as what it compiles: all of it takes a tenth of a start.
    let ajv: Ajv | undefined
    const compile = (schema: AnySchema) =>
      (ajv ??= knowing(Object.values(shared))).compile(bounded(schema))

    return ({ schema, httpPart, method, url }) => {
      const part = PARTS[httpPart ?? 'body'] ?? 'body'
      let compiled: ValidateFunction | undefined
      const compare = (data: unknown) => {
        const validate = (compiled ??= compile(schema))
        return validate(data) ? NONE : violationsOf(validate.errors ?? [], part)
      }
      const check = (data: unknown) => withTexts(data, part, compare(data))
      if (part === 'body') return bodyValidator(check, optional.has(`${method} ${url}`))
      // Of bytes that are read as Latin-1, without NUL: nothing to look for.
      if (part === 'header') return (data: unknown) => verdict(compare(data))

      const { coerce, hasText } = coercion(schema, part, shared)
      return (data: Record<string, unknown>) => {
        const repeated = coerce(data)
        const violations = hasText ? check(data) : compare(data)
        return verdict(repeated === undefined ? violations : [...repeated, ...violations])
      }
    }
  }
}

function knowing(shared: readonly unknown[]): Ajv {
  const ajv = new Ajv(OPTIONS)
  boundKeywords(ajv)
  for (const schema of shared) ajv.addSchema(bounded(chosen(asSchema(schema))))
  return ajv
}

/** The same check for what is no body of its own, such as the row of a file. */
export function checkOf(schema: AnySchema): (data: unknown) => readonly Violation[] {
  let compiled: ValidateFunction | undefined
  return (data) => {
    compiled ??= knowing([]).compile(bounded(schema))
    const rest = compiled(data) ? NONE : violationsOf(compiled.errors ?? [], 'body', 'row')
    return withTexts(data, 'body', rest)
  }
}

/** Adds what is wrong with the texts. Of one that cannot be kept nothing else is told; what is too long is not looked into. */
function withTexts(data: unknown, part: Part, rest: readonly Violation[]) {
  if (rest.some(({ code }) => code === 'too_many')) return rest
  const texts = unstorable(data, part)
  if (texts.length === 0) return rest
  const paths = new Set(texts.map(({ path }) => path))
  return [...texts, ...rest.filter(({ path }) => !paths.has(path))]
}

/** Fastify passes null for an absent body; the parser has refused a literal one. */
function bodyValidator(check: (data: unknown) => readonly Violation[], optional: boolean) {
  return (data: unknown) => {
    // A file, whose rows are checked as they are read.
    if (data instanceof Readable) return true
    if (data !== null) return verdict(check(data))
    return optional || { error: new UnsupportedMediaType() }
  }
}

function verdict(violations: readonly Violation[]) {
  return violations.length === 0 || { error: new ValidationFailed([...violations]) }
}

function asSchema(schema: unknown): AnySchema {
  return typeof schema === 'object' && schema !== null ? schema : {}
}

interface Union {
  $id: string
  discriminator?: { propertyName: string; mapping: Record<string, string> }
}

/** Of a union whose branches have names the one that was meant is checked: its faults are what the caller wants to hear. */
function chosen(schema: AnySchema): AnySchema {
  // The cast: components are objects with an id, which Ajv's own type does not say.
  const { $id, discriminator } = schema as Union
  if (!discriminator) return schema
  const { propertyName: name, mapping } = discriminator
  return {
    $id,
    type: 'object',
    required: [name],
    properties: { [name]: { type: 'string', enum: Object.keys(mapping) } },
    allOf: Object.entries(mapping).map(([value, component]) => ({
      if: { required: [name], properties: { [name]: { const: value } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { $ref: `${component.slice(component.lastIndexOf('/') + 1)}#` },
    })),
  }
}
