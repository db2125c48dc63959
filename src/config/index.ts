import { Ajv, type ErrorObject } from 'ajv'
import type { Defaults } from './defaults.ts'
import { development } from './development.ts'
import { production } from './production.ts'
import { everywhere, inProduction } from './rules.ts'
import { Config, HOLDS } from './schema.ts'
import { test } from './test.ts'
import { KNOWN_PREFIXES, variables } from './variables.ts'

export type { Config } from './schema.ts'
export type Env = Record<string, string | undefined>

const environments = new Map<string, Defaults>(Object.entries({ development, test, production }))

interface Fault {
  variable: string
  rule: string
}

/** Everything that is wrong with the configuration at once: variables and rules, never a value, because one may be a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: Fault[]
  constructor(faults: Fault[]) {
    const lines = faults.map(({ variable, rule }) => `  ${variable} ${rule}`)
    super(`The configuration is not acceptable:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/**
 * Picks the defaults of the environment that NODE_ENV names (development when absent), overlays the variables, validates and
 * freezes. An empty variable counts as absent. Reads nothing but its argument: `resolveSecret` gives development its SECRET_KEY.
 * Throws ConfigError with every fault.
 */
export function loadConfig(env: Env): Config {
  const name = env['NODE_ENV'] || 'development'
  // An unknown environment is a fault of its own; the rest is still checked, against the mildest defaults.
  const values = overlay({ env: name, ...(environments.get(name) ?? test) }, env)
  if (name !== 'production') values['publicUrl'] ??= `http://localhost:${portOf(values)}`

  const errors = schemaErrors(values)
  const faulty = faultyMembers(errors)
  const faults = [...faulty].flatMap((member) => [
    memberFault(member, values[member] === undefined),
    ...errors.flatMap((error) => partFault(member, error) ?? []),
  ])
  const rules = name === 'production' ? [...everywhere, ...inProduction] : everywhere
  for (const { members, holds, text } of rules) {
    if (!areSound(values, members, faulty) || holds(values)) continue
    faults.push({ variable: variableOf(members[0]), rule: text })
  }
  faults.push(...unknownVariables(env))

  if (faults.length > 0 || !areSound(values, [], faulty)) throw new ConfigError(faults)
  for (const value of Object.values(values)) Object.freeze(value)
  return Object.freeze(values)
}

type Values = Record<string, unknown>

function overlay(defaults: Values, env: Env): Values {
  const values = { ...defaults }
  for (const [member, { name, read }] of Object.entries(variables)) {
    const text = env[name]
    if (text) values[member] = read(text)
  }
  return values
}

function schemaErrors(values: Values): ErrorObject[] {
  const ajv = new Ajv({
    allErrors: true,
    strict: 'log',
    logger: false,
    verbose: true,
    keywords: [HOLDS],
    // The schema is our own: to compile the schema of schemas takes longer than all the rest.
    meta: false,
    validateSchema: false,
  })
  const validate = ajv.compile(Config)
  validate(values)
  return validate.errors ?? []
}

/** The members that the schema refuses, in its order. */
function faultyMembers(errors: readonly ErrorObject[]): Set<string> {
  const faulty = new Set(
    errors.map(
      ({ instancePath, params }) =>
        instancePath.split('/')[1] ??
        String(params['missingProperty'] ?? params['additionalProperty']),
    ),
  )
  return new Set(Object.keys(Config.properties).filter((member) => faulty.has(member)))
}

function memberFault(member: string, absent: boolean): Fault {
  const schema = Object.entries(Config.properties).find(([name]) => name === member)?.[1]
  const rule = `must be ${schema && 'description' in schema ? String(schema.description) : 'valid'}`
  return { variable: variableOf(member), rule: absent ? `is missing: it ${rule}` : rule }
}

/** What is wrong with a part of a member that has parts, such as the issuer of the second provider. */
function partFault(member: string, { instancePath, params, parentSchema }: ErrorObject) {
  const [, name, index, part] = instancePath.split('/')
  if (name !== member || index === undefined || member !== 'oidcProviders') return undefined
  const fault = (of: string | undefined, rule: string) => {
    const where = of === undefined ? `[${index}]` : `[${index}].${snakeCase(of)}`
    return { variable: variableOf(member), rule: `${where} ${rule}` }
  }
  const { missingProperty: absent, additionalProperty: unknown } = params
  if (absent !== undefined) return fault(String(absent), 'is missing')
  if (unknown !== undefined) return fault(String(unknown), 'is not a member of it')
  return fault(part, `must be ${String(parentSchema?.['description'])}`)
}

const snakeCase = (name: string) =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The port to derive an address from; one that is at fault is reported for itself. */
function portOf({ port }: Values) {
  return Number.isInteger(port) && Number(port) <= 65_535 ? Number(port) : test.port
}

/** A rule reads its own members only, so for the rule the values are a whole configuration when these are sound. */
function areSound(
  _values: Values,
  members: string[],
  faulty: ReadonlySet<string>,
): _values is Values & Config {
  return !members.some((member) => faulty.has(member))
}

function unknownVariables(env: Env): Fault[] {
  const known = new Set(Object.values(variables).map(({ name }) => name))
  return Object.keys(env)
    .filter((name) => KNOWN_PREFIXES.some((prefix) => name.startsWith(prefix)) && !known.has(name))
    .map((variable) => ({ variable, rule: 'is not a variable of Commonplace' }))
}

function variableOf(member: string | undefined) {
  return Object.entries(variables).find(([name]) => name === member)?.[1].name ?? String(member)
}
