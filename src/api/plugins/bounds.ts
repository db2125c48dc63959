import { _, type Ajv, type AnySchema, type CodeKeywordDefinition } from 'ajv'
import addFormats from 'ajv-formats'
import { MOST } from './limit.ts'

/**
 * Ajv looks at everything that is wrong: at each item of a list that is too long, at the pattern of a text that is too long, and it compares
 * all items of a list with all others. Here what a limit refuses is not looked into, and what is found is bounded while it is found.
 */

type Schema = Record<string, unknown>

/** Keywords that wait for the limit before them, or are told before one that does. `examples` is what the sentence about a pattern needs. */
const BEHIND: Record<string, readonly string[]> = {
  maxItems: ['minItems', 'items', 'uniqueItems'],
  maxLength: ['minLength', 'pattern', 'format', 'examples'],
}
/** Characters of the longest date-time, with more digits of a second than anybody has. */
const LONGEST_MOMENT = 64

/** The same schema, in which nothing is looked at that is behind a limit which does not hold. */
export function bounded(schema: AnySchema): AnySchema {
  return guarded(schema) as AnySchema
}

function guarded(schema: unknown): unknown {
  if (!isSchema(schema)) return schema
  const whole = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, inner(keyword, value)]),
  )
  whole['maxItems'] ??= differentItems(schema)
  for (const [limit, names] of Object.entries(BEHIND)) {
    const behind = Object.entries(whole).filter(([name]) => names.includes(name))
    if (whole[limit] === undefined || behind.length === 0) continue
    for (const [name] of behind) if (name !== 'examples') delete whole[name]
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    Object.assign(whole, { if: { [limit]: whole[limit] }, then: Object.fromEntries(behind) })
  }
  return whole
}

/** How long a list can be that holds each of a few words once. */
function differentItems({ uniqueItems: isSet, items }: Schema): number | undefined {
  const words = isSet === true && isSchema(items) ? items['enum'] : undefined
  return Array.isArray(words) ? words.length : undefined
}

function inner(keyword: string, value: unknown): unknown {
  if (keyword === 'properties' && isSchema(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, guarded(one)]))
  if (keyword === 'items' || keyword === 'then') return guarded(value)
  return Array.isArray(value) && /^(?:all|any|one)Of$/.test(keyword) ? value.map(guarded) : value
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members that the schema does not name, the first of them. */
const additionalProperties: CodeKeywordDefinition = {
  keyword: 'additionalProperties',
  // Where Ajv's own is looked at: what is told first stays first.
  before: 'properties',
  type: 'object',
  schemaType: 'boolean',
  error: {
    message: 'unknown member',
    params: ({ params }) => _`{additionalProperty: ${params['name']}}`,
  },
  code(cxt) {
    const { gen, data, parentSchema, schema } = cxt
    if (schema !== false) return
    const found = gen.let('found', 0)
    gen.forIn('name', data, (name) => {
      const isKnown = Object.keys(parentSchema['properties'] ?? {}).reduce(
        (before, one) => _`${before} || ${name} === ${one}`,
        _`false`,
      )
      gen.if(_`!(${isKnown})`, () => {
        cxt.setParams({ name })
        cxt.error()
        gen.code(_`${found}++`)
        gen.if(_`${found} === ${MOST.body}`, () => gen.break())
      })
    })
  },
}

/** Of texts and numbers: whatever else is in a list, its items are refused for. */
const uniqueItems: CodeKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'twice the same' },
  code(cxt) {
    if (cxt.schema === true) cxt.fail(_`new Set(${cxt.data}).size < ${cxt.data}.length`)
  },
}

/** Replaces what takes longer than what it looks at is long. */
export function boundKeywords(ajv: Ajv): void {
  for (const definition of [additionalProperties, uniqueItems])
    ajv.removeKeyword(String(definition.keyword)).addKeyword(definition)
  addFormats.default(ajv)
  const { 'date-time': moment } = ajv.formats
  if (typeof moment !== 'object' || !('validate' in moment)) return
  const { validate } = moment
  if (typeof validate !== 'function') return
  // The cast: of a text, not of a number.
  const isMoment = validate as (text: string) => boolean
  ajv.addFormat('date-time', (text) => text.length <= LONGEST_MOMENT && isMoment(text))
}
