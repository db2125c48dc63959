import { deepStrictEqual } from 'node:assert/strict'

/** Where the server is, and what this run's users are called. */
const [, , origin = '', name = ''] = process.argv

export const baseUrl = (version: 'v1' | 'v2') => `${origin}/api/${version}`
export const alice = { username: `alice-${name}`, password: 'a quiet place to write' }
export const bob = { username: `bob-${name}`, password: 'somewhere else entirely' }

/** Says that a step is done. The run is red when one was not said. */
export const done = (step: string) => process.stdout.write(`ok ${step}\n`)

export const same: (actual: unknown, expected: unknown) => void = deepStrictEqual

/** What a reply must have: without it the scenario ends here. */
export function have<T>(value: T | null | undefined, what = 'a value'): T {
  if (value === null || value === undefined) throw new Error(`There is no ${what}`)
  return value
}
