/** As much of a document as its requests are checked by. */
export interface Document {
  info: { title: string; version: string; description: string }
  tags: Array<{ name: string; description: string }>
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, object>
    responses: Record<string, Reply>
  }
}
export interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security?: object[]
  responses: Record<string, Reply>
}
interface Reply {
  $ref?: string
  content?: Record<string, { schema: { $ref?: string } }>
}

export interface Known {
  method: string
  path: string
  operation: Operation
}

export const operationsOf = ({ paths }: Document): Known[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )

/**
 * What the script after each request knows of the document: by the name of the request the component that the body of each status is,
 * or null where it is no JSON; and those components.
 */
export function contractOf(document: Document) {
  const { components } = document
  const used = new Set<string>()
  const schemaOf = (reply: Reply): string | null => {
    const { content = {} } = reply.$ref ? (components.responses[nameOf(reply.$ref)] ?? {}) : reply
    const json = Object.entries(content).find(([type]) => /\bjson$/.test(type))
    const name = nameOf(json?.[1].schema.$ref)
    if (name !== '') use(name)
    return name === '' ? null : name
  }
  const use = (name: string) => {
    if (used.has(name)) return
    used.add(name)
    for (const [, inner = ''] of JSON.stringify(components.schemas[name]).matchAll(REFERENCE))
      use(inner)
  }
  const operations = Object.fromEntries(
    operationsOf(document).map(({ operation: { summary, responses } }) => [
      summary,
      Object.fromEntries(
        Object.entries(responses).map(([status, reply]) => [status, schemaOf(reply)]),
      ),
    ]),
  )
  const schemas = Object.fromEntries(
    [...used].toSorted().map((name) => [name, plain(components.schemas[name] ?? {})]),
  )
  return { operations, schemas }
}

const REFERENCE = /"#\/components\/schemas\/(\w+)"/g
const nameOf = (reference = '') => reference.slice(reference.lastIndexOf('/') + 1)

/** Without the words about it, and as Postman's validator (draft 7) names components. */
function plain(schema: object): object {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    const isWord = typeof value === 'string' || Array.isArray(value)
    // A member of a record may have such a name: then it is an object.
    if (isWord && /^(description|examples?)$/.test(key)) return undefined
    return key === 'discriminator' || key === 'example' ? undefined : value
  })
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/definitions/'))
}
