import type { AnySchema } from 'ajv'
import type { Violation } from '../../base/errors.ts'
import type { Part } from './pointer.ts'

export interface Coercion {
  /** Turns the strings of a path or a query into what the schema asks for, in place. Returns the parameters given twice. */
  coerce(values: Record<string, unknown>): Violation[] | undefined
  /** Whether any string is left for the database to store or search. */
  hasText: boolean
}

type Reader = (text: string) => unknown

const INTEGER = /^(0|-?[1-9][0-9]{0,14})$/
const NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/

/**
 * One spelling for each value: Ajv's own coercion takes `1e3`, `0x1`, `01` and ` 1` for numbers, which gives one record many
 * names. What does not match stays a string, and the schema refuses it.
 */
const READERS: Partial<Record<string, Reader>> = {
  integer: (text) => (INTEGER.test(text) ? Number(text) : text),
  number: (text) => (NUMBER.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
}

export function coercion(schema: AnySchema, part: Part, shared: Record<string, unknown>): Coercion {
  const root = resolve(schema, shared)
  const members = Object.entries(at(root, 'properties') ?? {}).map(([name, property]) => {
    const type = resolve(property, shared)
    return { name, read: readerOf(type, shared), isArray: typeOf(type) === 'array' }
  })
  const isClosed = 'additionalProperties' in root && root.additionalProperties === false

  return {
    coerce(values) {
      let repeated: Violation[] | undefined
      for (const { name, read } of members) {
        let value = values[name]
        if (value === undefined) continue
        if (Array.isArray(value)) {
          value = value[0]
          values[name] = value
          const detail = `${name} is given more than once`
          repeated ??= []
          repeated.push({ in: part, path: name, code: 'repeated', detail })
        }
        if (read !== undefined && typeof value === 'string') values[name] = read(value)
      }
      return repeated
    },
    hasText: !isClosed || members.some(({ read, isArray }) => read === undefined || isArray),
  }
}

function readerOf(schema: object, shared: Record<string, unknown>): Reader | undefined {
  const type = typeOf(schema)
  if (type !== 'array') return READERS[type]
  const items = 'items' in schema ? readerOf(resolve(schema.items, shared), shared) : undefined
  return (text) => text.split(',').map((item) => (items ? items(item) : item))
}

function typeOf(schema: object) {
  return 'type' in schema ? String(schema.type) : ''
}

function resolve(schema: unknown, shared: Record<string, unknown>): object {
  if (typeof schema !== 'object' || schema === null) return {}
  if (!('$ref' in schema)) return schema
  return resolve(shared[String(schema.$ref).replace(/#$/, '')], shared)
}

function at(schema: object, key: string): object | undefined {
  const value: unknown = Object.entries(schema).find(([name]) => name === key)?.[1]
  return typeof value === 'object' && value !== null ? value : undefined
}
