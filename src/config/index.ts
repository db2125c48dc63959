import { IsOptional, Type, type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import type { Defaults } from './defaults.ts'
import { development } from './development.ts'
import { production } from './production.ts'
import { everywhere, inProduction } from './rules.ts'
import { Config } from './schema.ts'
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
  if (name !== 'production') {
    const port = areSound(values, ['port']) ? values.port : test.port
    values['publicUrl'] ??= `http://localhost:${port}`
  }

  const faults = memberFaults(values)
  const rules = name === 'production' ? [...everywhere, ...inProduction] : everywhere
  for (const { members, holds, text } of rules) {
    if (!areSound(values, members) || holds(values)) continue
    faults.push({ variable: variableOf(members[0]), rule: text })
  }
  faults.push(...unknownVariables(env))

  if (faults.length > 0 || !Check(Config, values)) throw new ConfigError(faults)
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

/** One member at a time: checking the whole object stops at 8 errors, TypeBox's default for all its users. */
function memberFaults(values: Values): Fault[] {
  return Object.entries(Config.properties)
    .filter(([member]) => !areSound(values, [member]))
    .map(([member, schema]) => {
      const rule = `must be ${'description' in schema ? String(schema.description) : 'valid'}`
      const absent = values[member] === undefined
      return { variable: variableOf(member), rule: absent ? `is missing: it ${rule}` : rule }
    })
}

/** A rule reads its own members only, so for the rule the values are a whole configuration when these are sound. */
function areSound(values: Values, members: string[]): values is Values & Config {
  const schemas: Record<string, TSchema> = Config.properties
  return members.every((member) => {
    const { [member]: schema = Type.Never() } = schemas
    return values[member] === undefined ? IsOptional(schema) : Check(schema, values[member])
  })
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
