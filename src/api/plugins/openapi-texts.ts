import { isRecord, type Schema } from './violation-rules.ts'

/** No database keeps NUL, so the validator refuses it wherever a text has no narrower rule. `\x00` is read by every dialect. */
const ANY_TEXT = String.raw`^[^\x00]*$`
/** What holds values, not schemas. */
const VALUES = new Set(['example', 'examples', 'enum', 'const', 'default', 'mapping'])

interface Document {
  paths: object
  components: { schemas: Record<string, unknown> }
}

/** Writes into a document what is checked beside the schemas: by the domain (`stated`), and of every text of a request. */
export function stateRules({ paths, components }: Document): void {
  const requests = new Set<unknown>()
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path)))
    collect(requestOf(operation), components.schemas, requests)

  visit({ paths, schemas: components.schemas }, (schema) => {
    const { 'x-stated': stated, ...rest } = schema
    if (stated !== undefined) {
      delete schema['x-stated']
      Object.assign(schema, rest, stated)
    }
    if (requests.has(schema) && isPlainText(schema)) schema['pattern'] = ANY_TEXT
  })
}

/** Without its headers, which cannot hold NUL. */
function requestOf(operation: unknown): unknown {
  const { parameters = [], requestBody } = Object(operation)
  const others = [parameters].flat().filter((parameter) => parameter.in !== 'header')
  return [others, requestBody]
}

const isPlainText = ({ type, pattern, enum: values, format }: Schema) =>
  [type].flat().includes('string') &&
  pattern === undefined &&
  values === undefined &&
  (format === undefined || format === 'password')

/** Everything in a part of the document and in the components that it refers to. */
function collect(part: unknown, schemas: Record<string, unknown>, into: Set<unknown>) {
  visit(part, (schema) => {
    into.add(schema)
    const { $ref } = schema
    if (typeof $ref !== 'string') return
    const component = schemas[$ref.slice($ref.lastIndexOf('/') + 1)]
    if (component !== undefined && !into.has(component)) collect(component, schemas, into)
  })
}

function visit(part: unknown, each: (schema: Schema) => void) {
  if (!isRecord(part)) return
  each(part)
  for (const [key, member] of Object.entries(part)) if (!VALUES.has(key)) visit(member, each)
}
