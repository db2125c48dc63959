import type { Static, Type as TypeBox, TObject, TProperties, TSchema } from 'typebox'

export type { Static, TProperties, TSchema } from 'typebox'

type Builders = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Partial'
  | 'String'
  | 'Unsafe'
>

const OPTIONAL = '~optional'

function object(properties: TProperties, options?: object) {
  const required = Object.keys(properties).filter((name) => !(OPTIONAL in properties[name]!))
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
}
// Not enumerable, so that no document shows it.
const optional = (schema: TSchema) =>
  Object.defineProperty({ ...schema }, OPTIONAL, { value: true })

/**
 * The builders of TypeBox that our schemas need, in TypeBox's own types. The package is a whole language of types in some 700
 * modules: loading it takes a server 20 MB and a tenth of a second, for objects that are as plain as these.
 */
export const Type = {
  Array: (items: TSchema, options?: object) => ({ type: 'array', items, ...options }),
  Boolean: (options?: object) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: object) => ({ enum: values, ...options }),
  Integer: (options?: object) => ({ type: 'integer', ...options }),
  Number: (options?: object) => ({ type: 'number', ...options }),
  Object: object,
  Optional: optional,
  Partial({ properties }: TObject, options?: object) {
    const all = Object.entries(properties).map(([name, schema]) => [name, optional(schema)])
    return object(Object.fromEntries(all), options)
  },
  String: (options?: object) => ({ type: 'string', ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
  // The cast: TypeBox brands what it makes with members that exist in its types alone.
} as unknown as Builders

/** A type array, the nullable that every client generator renders well. */
export const Nullable = <T extends TSchema & { type: string }>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] })
