import { Type, type Static, type TSchema } from '../../base/schema.ts'

/** A schema with a name: a component of the document, added once to its version's scope. */
export type Named = TSchema & { $id: string }

/**
 * Names a schema. Its `examples` become the examples of every media type that carries it; the
 * compiler checks their shape here, the contract lint their values.
 */
export function Component<T extends TSchema>(
  $id: string,
  schema: T,
  extra: { description?: string; examples: NoInfer<Static<T>>[] },
): T & { $id: string; examples: Static<T>[] } {
  return Object.assign(schema, { $id }, extra)
}

/** A reference to a component that keeps its type (`Type.Ref` is `unknown` to the compiler). */
export const Ref = <T extends Named>(schema: T) => Type.Unsafe<Static<T>>(reference(schema))

export const reference = ({ $id }: Named) => ({ $ref: `${$id}#` })

/** A body that may be absent, which Fastify validates as null. */
export const OptionalBody = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null | undefined>({ anyOf: [schema, { type: 'null' }] })

/** A success with a body. `headers` names header components of the document. */
export const ok = <T extends Named>(schema: T, description: string, headers: string[] = []) =>
  Type.Unsafe<Static<T>>({ ...reference(schema), description, headers: flags(headers) })

/** 201, which carries `Location`. */
export const created = <T extends Named>(schema: T, description: string, headers: string[] = []) =>
  ok(schema, description, ['Location', ...headers])

/** A list with its `Link` and `X-Total-Count`. */
export const page = <T extends Named>(schema: T, description: string) =>
  ok(schema, description, ['Link', 'X-Total-Count'])

/** 204: no body and no content type. */
export const noContent = (description: string, headers: string[] = []) =>
  Type.Unsafe<undefined>({ type: 'null', description, headers: flags(headers) })

/** 200 with nothing to say; no body and no content type. */
export const done = (description: string) => noContent(description)

/** 202: it will be done later; no body and no content type. */
export const accepted = (description: string) => noContent(description)

/** 304: the client has this state already (RFC 9110, section 15.4.5). */
export const notModified = () => noContent('You have this state already.', ['ETag'])

/** 302: the browser goes on to `Location`; no body and no content type. */
export const redirected = (description: string, headers: string[] = []) =>
  noContent(description, ['Location', ...headers])

const flags = (names: string[]) => Object.fromEntries(names.map((name) => [name, {}]))
