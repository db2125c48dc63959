import type { ErrorObject } from 'ajv'
import type { Violation } from '../../domain/errors.ts'

export type Part = Violation['in']

/** An attacker chooses how many members are wrong; a person reads the first few. */
const MOST = 50

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
const UNKNOWN: Record<Part, string> = {
  body: 'is not a member of this body',
  query: 'is not a parameter of this path',
  path: 'is not a parameter of this path',
  header: 'is not a header of this path',
}

/** What Ajv found, in sentences for people. They name the member and the rule, never the value: it may be a password. */
export function violationsOf(errors: ErrorObject[], part: Part): Violation[] {
  const seen = new Set<string>()
  const violations: Violation[] = []
  for (const error of settle(errors)) {
    const violation = describe(error, part)
    const key = `${violation.path} ${violation.detail}`
    if (seen.has(key)) continue
    seen.add(key)
    violations.push(violation)
    if (violations.length === MOST) break
  }
  return violations
}

/**
 * Ajv reports every branch of a failed anyOf before the anyOf itself. One branch that speaks for all (the one beside null) says
 * it best; otherwise the anyOf does.
 */
function settle(errors: ErrorObject[]): ErrorObject[] {
  let settled: ErrorObject[] = []
  for (const error of errors) {
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      settled.push(error)
      continue
    }
    const inside = (other: ErrorObject) =>
      other.instancePath === error.instancePath ||
      other.instancePath.startsWith(`${error.instancePath}/`)
    const branches = settled.filter((other) => inside(other) && other.schema !== 'null')
    settled = settled.filter((other) => !inside(other))
    const missing = branches.map(({ params }) => String(params['missingProperty']))
    if (branches.length > 0 && branches.every(({ keyword }) => keyword === 'required')) {
      settled.push({ ...error, keyword: 'required', params: { missingProperty: missing } })
    } else if (
      branches.length === 1 ||
      (Array.isArray(error.schema) && error.schema.length === 2 && hasNull(error.schema))
    ) {
      settled.push(...branches)
    } else {
      settled.push({ ...error, params: { branches } })
    }
  }
  return settled
}

function hasNull(branches: unknown[]) {
  return branches.some((branch) => isRecord(branch) && branch['type'] === 'null')
}

function describe(error: ErrorObject, part: Part): Violation {
  const name = nameOf(error.instancePath, part)
  const say = (code: string, detail: string, path = error.instancePath): Violation => ({
    in: part,
    path: part === 'body' ? path : unescape(path.slice(1)),
    code,
    detail,
  })
  const { params, keyword } = error
  const rule = RULES[keyword]
  if (rule) return say(rule[0], `${name} ${rule[1](params, error.parentSchema ?? {})}`)

  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const member = String(params['additionalProperty'] ?? params['unevaluatedProperty'])
      const where = error.instancePath === '' ? UNKNOWN[part] : `is not a member of ${name}`
      const code = part === 'body' ? 'unknown_member' : 'unknown_parameter'
      return say(code, `${quote(member)} ${where}`, `${error.instancePath}/${escape(member)}`)
    }
    case 'required': {
      const missing = [params['missingProperty']].flat().map(String)
      const [only] = missing
      const path =
        missing.length === 1 && only ? `${error.instancePath}/${escape(only)}` : undefined
      const names = missing.map((member) => nameOf(`${error.instancePath}/${escape(member)}`, part))
      return say('required', `${names.join(' or ')} is required`, path)
    }
    case 'minProperties': {
      const members = Object.keys(recordAt(error.parentSchema, 'properties')).join(', ')
      const least = `at least ${count(params['limit'], 'member')}`
      return say('required', `${name} must have ${least}${members && ` of ${members}`}`)
    }
    default:
      return say('not_acceptable', `${name} is not acceptable`)
  }
}

type Schema = Record<string, unknown>
type Rule = [code: string, sentence: (params: Schema, schema: Schema) => string]

/** What follows the member's name, for each keyword of JSON Schema. */
const RULES: Partial<Record<string, Rule>> = {
  type: ['wrong_type', ({ type }, schema) => `must be ${typeName([type].flat(), schema)}`],
  minimum: [
    'too_small',
    ({ limit }, schema) => `must be ${range(schema) ?? `at least ${String(limit)}`}`,
  ],
  maximum: [
    'too_large',
    ({ limit }, schema) => `must be ${range(schema) ?? `at most ${String(limit)}`}`,
  ],
  exclusiveMinimum: ['too_small', ({ limit }) => `must be greater than ${String(limit)}`],
  exclusiveMaximum: ['too_large', ({ limit }) => `must be less than ${String(limit)}`],
  multipleOf: ['not_acceptable', ({ multipleOf }) => `must be a multiple of ${String(multipleOf)}`],
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

function count(limit: unknown, noun: string) {
  return `${String(limit)} ${noun}${limit === 1 ? '' : 's'}`
}

/** `/operations/3/value/title` is `operations[3].value.title` to people. */
export function nameOf(pointer: string, part: Part): string {
  if (pointer === '') return part === 'body' ? 'The body' : `The ${part}`
  const steps = pointer.slice(1).split('/').map(unescape)
  return steps
    .map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : (i > 0 ? '.' : '') + clip(step)))
    .join('')
}

/** RFC 6901, section 3. */
export function escape(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescape(step: string) {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function clip(text: string) {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text
}

function quote(text: string) {
  return JSON.stringify(clip(text))
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}

function recordAt(value: unknown, key: string): Schema {
  const found = isRecord(value) ? value[key] : undefined
  return isRecord(found) ? found : {}
}
