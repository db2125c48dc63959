import type { ErrorObject } from 'ajv'
import type { Violation } from '../../base/errors.ts'
import type { ViolationCode } from '../../base/violation-code.ts'
import { limited } from './limit.ts'
import { clip, escape, nameOf, type Part, unescape } from './pointer.ts'
import { count, isRecord, RULES, type Schema } from './violation-rules.ts'

const UNKNOWN: Record<Part | 'row', string> = {
  body: 'is not a member of this body',
  row: 'is not a member of this row',
  query: 'is not a parameter of this path',
  path: 'is not a parameter of this path',
  header: 'is not a header of this path',
}

/** What Ajv found, in sentences for people. They name the member and the rule, never the value: it may be a password. */
export function violationsOf(
  errors: ErrorObject[],
  part: Part,
  whole: Part | 'row' = part,
): Violation[] {
  const seen = new Set<string>()
  const { violations, takes, add } = limited()
  for (const error of settle(errors)) {
    if (!takes(error.instancePath)) continue
    const violation = describe(error, part, whole)
    const key = `${violation.path} ${violation.detail}`
    if (seen.has(key)) continue
    seen.add(key)
    add(violation)
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
    // What the branch itself found says it all.
    if (error.keyword === 'if') continue
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

function describe(error: ErrorObject, part: Part, whole: Part | 'row'): Violation {
  const name = nameOf(error.instancePath, part)
  const say = (code: ViolationCode, detail: string, path = error.instancePath): Violation => ({
    in: part,
    // A parameter is named whole: what is wrong inside it, the sentence says.
    path: part === 'body' ? path : unescape(path.split('/', 2).slice(1).join()),
    code,
    detail,
  })
  const { params, keyword } = error
  const rule = RULES[keyword]
  if (rule) return say(rule[0], `${name} ${rule[1](params, error.parentSchema ?? {})}`)

  switch (keyword) {
    case 'additionalProperties': {
      const member = String(params['additionalProperty'])
      const where = error.instancePath === '' ? UNKNOWN[whole] : `is not a member of ${name}`
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

function quote(text: string) {
  return JSON.stringify(clip(text))
}

function recordAt(value: unknown, key: string): Schema {
  const found = isRecord(value) ? value[key] : undefined
  return isRecord(found) ? found : {}
}
