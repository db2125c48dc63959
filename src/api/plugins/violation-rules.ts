import type { ViolationCode } from '../../base/violation-code.ts'

const TYPES: Record<string, string> = {
  array: 'an array',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}
const FORMATS: Record<string, string> = {
  date: 'a date such as 2026-11-20',
  'date-time': 'a date-time such as 2026-11-20T16:33:06Z',
  email: 'an email address',
  uri: 'a URI',
  uuid: 'a UUID',
}
export type Schema = Record<string, unknown>
type Rule = [code: ViolationCode, sentence: (params: Schema, schema: Schema) => string]

/** What follows the member's name, for each keyword of JSON Schema. */
export const RULES: Partial<Record<string, Rule>> = {
  type: ['wrong_type', ({ type }, schema) => `must be ${typeName([type].flat(), schema)}`],
  minimum: [
    'too_small',
    ({ limit }, schema) => `must be ${range(schema) ?? `at least ${String(limit)}`}`,
  ],
  maximum: [
    'too_large',
    ({ limit }, schema) => `must be ${range(schema) ?? `at most ${String(limit)}`}`,
  ],
  minLength: [
    'too_short',
    ({ limit }) =>
      limit === 1 ? 'must not be empty' : `must have at least ${String(limit)} characters`,
  ],
  maxLength: ['too_long', ({ limit }) => `must have at most ${count(limit, 'character')}`],
  minItems: ['too_few', ({ limit }) => `must have at least ${count(limit, 'item')}`],
  maxItems: ['too_many', ({ limit }) => `must have at most ${count(limit, 'item')}`],
  maxProperties: ['too_many', ({ limit }) => `must have at most ${count(limit, 'member')}`],
  uniqueItems: ['duplicate', () => 'must not hold the same item twice'],
  pattern: ['wrong_format', likeness],
  format: [
    'wrong_format',
    ({ format }) => `must be ${FORMATS[String(format)] ?? `a valid ${String(format)}`}`,
  ],
  enum: [
    'not_one_of',
    ({ allowedValues }) => `must be one of ${[allowedValues].flat().join(', ')}`,
  ],
  const: ['not_one_of', ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`],
  anyOf: ['not_acceptable', choices],
  oneOf: ['not_acceptable', choices],
}

/** People read an example more easily than a regular expression. */
function likeness({ pattern }: Schema, { examples }: Schema) {
  if (pattern === String.raw`\S`) return 'must not be blank'
  const [example] = Array.isArray(examples) ? examples : []
  return example === undefined
    ? `must match ${String(pattern)}`
    : `must look like ${String(example)}`
}

function choices({ branches }: Schema) {
  const errors = Array.isArray(branches) ? branches.filter(isRecord) : []
  const said = errors.map(({ keyword, params, parentSchema }) => {
    const rule = RULES[String(keyword)]
    const schema = isRecord(parentSchema) ? parentSchema : {}
    return rule && isRecord(params) ? rule[1](params, schema) : undefined
  })
  const sentences = [...new Set(said)].filter((sentence) => sentence?.startsWith('must be '))
  if (sentences.length === 0) return 'is not acceptable'
  return `must be ${sentences.map((sentence) => sentence?.slice('must be '.length)).join(' or ')}`
}

function typeName(types: unknown[], schema: Schema) {
  const names = types.flatMap((type) => String(type).split(','))
  return names
    .map((type) => (type === 'integer' && range(schema)) || (TYPES[type] ?? type))
    .join(' or ')
}

function range({ type, minimum, maximum }: Schema) {
  if (typeof minimum !== 'number' || typeof maximum !== 'number') return undefined
  const kind = [type].flat().includes('integer') ? 'a whole number' : 'a number'
  return `${kind} from ${minimum} to ${maximum}`
}

export function count(limit: unknown, noun: string) {
  return `${String(limit)} ${noun}${limit === 1 ? '' : 's'}`
}

export function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
