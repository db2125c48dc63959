import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

interface Reply {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  /** The body as it was sent. */
  text: string
}
interface Media {
  schema: object
}
interface Header {
  required?: boolean
  schema: { type?: string }
}
interface Response {
  headers?: Record<string, Header>
  content?: Record<string, Media>
}
interface Operation {
  description?: string
  responses: Record<string, Response>
}
export interface Document {
  openapi: string
  servers: Array<{ url: string }>
  paths: Record<string, Record<string, Operation>>
  components: object
}

type Meet = (operation: string, status: number) => void

/**
 * Fields that HTTP, CORS and the security rules give to any reply; a document does not list them. Whatever else a reply
 * carries must be in its document.
 */
const TRANSPORT =
  /^(access-control-.+|cache-control|connection|content-(length|security-policy|type)|date|keep-alive|referrer-policy|strict-transport-security|transfer-encoding|vary|x-content-type-options)$/

/** Replies that no operation gives: the router's own, and those to requests that reached no operation. */
const ROUTER = new Set([400, 404, 405, 414, 429, 431, 500, 503])

// What it compiles runs a few times: to make it faster takes longer than that.
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  validateSchema: false,
  code: { optimize: false },
})
addFormats.default(ajv)
/** By the text of the schema: many replies are the same error. */
const validators = new Map<string, ValidateFunction>()

/**
 * Returns a check that compares replies with an OpenAPI 3.1 document. It returns every way in which a reply is not what the
 * document says: an empty list is a pass. What `outside` gives a reason for is not checked. A test file meets few of the
 * operations: each is made ready when its first reply comes. `meet` is told of every reply that the document knows.
 */
export function checker(document: Document, meet: Meet = () => {}) {
  const base = document.servers[0]?.url ?? ''
  const operations = Object.entries(document.paths)
    .map(([path, methods]) => ({ pattern: patternOf(base + path), path, methods }))
    // `/todos/{id}` must not catch what `/todos/mine` means.
    .toSorted((a, b) => variables(a.path) - variables(b.path))
  const compiled = new WeakMap<object, ValidateFunction>()
  const ready = new WeakMap<Operation, Operation['responses']>()

  const find = (path: string) => operations.find(({ pattern }) => pattern.test(path))

  /** Why a reply has no place in the document, if it has none. */
  function outside(method: string, path: string, status: number): string | undefined {
    if (path !== base && !path.startsWith(`${base}/`)) return 'another part of the server'
    if (/^\/openapi[^/]*$/.test(path.slice(base.length))) return 'a document'
    if (method === 'OPTIONS') return 'the router answers OPTIONS'
    const known = find(path)
    if (!known && ROUTER.has(status)) return 'an unknown path'
    if (known && !operationOf(known.methods, method) && ROUTER.has(status)) return 'a wrong method'
    return undefined
  }

  function responsesOf(operation: Operation) {
    let responses = ready.get(operation)
    if (!responses) {
      responses = withWritten(operation, close(resolve(operation.responses, document)))
      ready.set(operation, responses)
    }
    return responses
  }

  function matches(schema: object, value: unknown): string[] {
    let validate = compiled.get(schema)
    if (!validate) compiled.set(schema, (validate = validatorOf(schema)))
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message = '', params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
    )
  }

  function check(method: string, path: string, reply: Reply): string[] {
    if (outside(method, path, reply.status) !== undefined) return []
    const known = find(path)
    if (!known) return ['the path is not documented']
    const operation = operationOf(known.methods, method)
    if (!operation) return [`${method} is not documented for ${known.path}`]
    const response = responsesOf(operation)[reply.status]
    if (!response) return [`status ${reply.status} is not documented`]
    if (method !== 'HEAD') meet(`${method} ${base}${known.path}`, reply.status)
    return [
      ...headerFaults(response, reply, matches),
      ...bodyFaults(response, reply, method, matches),
    ]
  }
  return Object.assign(check, { outside })
}

function validatorOf(schema: object) {
  const text = JSON.stringify(schema)
  let validate = validators.get(text)
  if (!validate) validators.set(text, (validate = ajv.compile(schema)))
  return validate
}

type Matches = (schema: object, value: unknown) => string[]

function headerFaults({ headers = {} }: Response, reply: Reply, matches: Matches) {
  const documented = new Map(
    Object.entries(headers).map(([name, header]) => [name.toLowerCase(), header]),
  )
  const sent = new Map(
    Object.entries(reply.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')] as const],
    ),
  )
  const faults: string[] = []
  for (const [name, { required, schema }] of documented) {
    const text = sent.get(name)
    if (text === undefined && required) faults.push(`header ${name} is missing`)
    if (text === undefined) continue
    const value = schema.type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
    faults.push(...matches(schema, value).map((fault) => `header ${name} ${fault}`))
  }
  for (const name of sent.keys())
    if (!documented.has(name) && !TRANSPORT.test(name))
      faults.push(`header ${name} is not documented`)
  return faults
}

function bodyFaults({ content }: Response, reply: Reply, method: string, matches: Matches) {
  const [type = ''] = [reply.headers['content-type'] ?? ''].flat().join('').split(';')
  if (method === 'HEAD') return reply.text === '' ? [] : ['a reply to HEAD has a body']
  if (!content) return reply.text === '' && type === '' ? [] : ['a body is not documented']
  const media = content[type]
  if (!media) return [`media type "${type}" is not documented`]
  if (!/\bjson$/.test(type)) return []
  try {
    return matches(media.schema, JSON.parse(reply.text)).map((fault) => `body ${fault}`)
  } catch {
    return ['the body is not JSON']
  }
}

const operationOf = (methods: Record<string, Operation>, method: string) =>
  methods[(method === 'HEAD' ? 'GET' : method).toLowerCase()]

const variables = (path: string) => path.split('{').length

const patternOf = (path: string) =>
  new RegExp(`^${path.replaceAll(/[.$]/g, String.raw`\$&`).replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)

/** The document without references, so that each schema stands alone. It has no recursive ones. */
function resolve<T>(part: T, document: object): T {
  return JSON.parse(JSON.stringify(part), (_key, value: unknown) => {
    if (!isObject(value) || typeof value['$ref'] !== 'string') return value
    let target: unknown = document
    for (const step of value['$ref'].slice(2).split('/'))
      target = isObject(target) ? target[step] : undefined
    if (target === undefined) throw new Error(`${value['$ref']} refers to nothing`)
    return resolve(target, document)
  })
}

/** A client must tolerate members that it does not know; here one that the document does not know is a fault. */
function close<T>(part: T): T {
  return JSON.parse(JSON.stringify(part), (_key, value: unknown) => {
    if (!isObject(value) || value['type'] !== 'object' || !isObject(value['properties']))
      return value
    return { additionalProperties: false, ...value }
  })
}

/**
 * A second media type of a reply would spoil the types of generated clients, so the description names the one in which a key that
 * may not read is told what it wrote: the record, of whose members only `id` must be there.
 */
function withWritten({ description = '' }: Operation, responses: Operation['responses']) {
  const [type] = /application\/vnd\.[\w.]+\+json/.exec(description) ?? []
  if (type === undefined) return responses
  const entries = Object.entries(responses).map(([status, response]) => {
    const record = response.content?.['application/json']
    if (!record) return [status, response] as const
    return [
      status,
      { ...response, content: { ...response.content, [type]: onlyId(record) } },
    ] as const
  })
  return Object.fromEntries(entries)
}
function onlyId<T>(part: T): T {
  return JSON.parse(JSON.stringify(part), (_key, value: unknown) =>
    isObject(value) && isObject(value['properties']) && 'id' in value['properties']
      ? { ...value, required: ['id'] }
      : value,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
