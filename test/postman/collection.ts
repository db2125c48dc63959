import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keptText, type VersionName } from '../contract/documents.ts'
import { contractOf, type Document, type Known, operationsOf } from './contract.ts'
import { type Body, convert, type Event, type Item } from './convert.ts'
import { environment } from './environment.ts'
import { ABOUT, BEGIN, type Folder, type Step } from './step.ts'
import { V1 } from './v1.ts'
import { V2 } from './v2.ts'

const FOLDERS = { v1: V1, v2: V2 }
/** How the scripts log in. */
const SESSIONS = {
  v1: { base: '/api/v1', login: '/login', refresh: '/refresh', name: 'username' },
  v2: { base: '/api/v2', login: '/auth/login', refresh: '/auth/refresh', name: 'identifier' },
}

/** The collection of a version, from the document that is kept of it. */
export async function collectionOf(version: VersionName): Promise<object> {
  const text = (await keptText(version)) ?? ''
  const document: Document = JSON.parse(text)
  const converted = await convert(text)
  const known = new Map(operationsOf(document).map((one) => [one.operation.operationId, one]))
  const folders = FOLDERS[version]
  const about = new Map([
    ...document.tags.map(({ name, description }) => [name, description] as const),
    ...Object.entries(ABOUT),
  ])

  const item = folders.map(({ name, steps }) => ({
    id: idOf(version, 'folder', name),
    name,
    description: about.get(name) ?? '',
    item: steps.map((step) => {
      const operation = known.get(step.id)
      const request = operation && converted.get(`${operation.method} ${operation.path}`)
      if (!request) throw new Error(`${version} has no operation ${step.id}`)
      known.delete(step.id)
      return complete(version, step, operation, request)
    }),
  }))
  if (known.size > 0)
    throw new Error(`${version} has no request of ${[...known.keys()].join(', ')}`)

  const { title } = document.info
  const { api, begin, expected } = plan(version, document, folders)
  return {
    info: {
      _postman_id: idOf(version, 'collection'),
      name: title,
      description: describe(document, folders),
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    item,
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{accessToken}}', type: 'string' }] },
    event: [
      event(
        'prerequest',
        `const API = ${JSON.stringify(api)}`,
        script('send.js'),
        script('before.js'),
      ),
      event(
        'test',
        `const CONTRACT = ${JSON.stringify(contractOf(document))}`,
        `const EXPECTED = ${JSON.stringify(expected)}`,
        `const BEGIN = ${JSON.stringify(begin)}`,
        script('send.js'),
        script('after.js'),
      ),
    ],
    variable: variablesOf(folders).map((key) => ({ key, value: '' })),
  }
}

/** What the scripts before and after each request know of all of them, by their names. */
function plan(version: VersionName, document: Document, folders: readonly Folder[]) {
  const operations = new Map(
    operationsOf(document).map(({ operation }) => [operation.operationId, operation]),
  )
  const steps = folders.flatMap((folder) =>
    folder.steps.flatMap((step) => {
      const operation = operations.get(step.id)
      return operation ? [{ folder, step, operation }] : []
    }),
  )
  const namesOf = (which: (one: (typeof steps)[number]) => boolean) =>
    steps.filter((one) => which(one)).map(({ operation }) => operation.summary)
  return {
    api: {
      ...SESSIONS[version],
      open: namesOf(({ operation }) => isOpen(operation)),
      registered: namesOf(({ step }) => step.registered === true),
      account: namesOf(({ step }) => step.registered === true || step.path === '{{userId}}'),
      kept: variablesOf(folders),
    },
    begin: namesOf(({ folder }) => folder.name === BEGIN),
    expected: Object.fromEntries(
      steps.map(({ step, operation }) => [operation.summary, expectedOf(step, operation)]),
    ),
  }
}

/** The request of a step: what was converted, with what a run needs. */
function complete(version: VersionName, step: Step, { operation }: Known, source: Item): Item {
  const { id, path, before = [], after, keep = {} } = step
  const { request } = source
  const [variable] = request.url.variable
  if (variable && path !== undefined) variable.value = path
  request.url.host = ['{{baseUrl}}']
  request.url.path.unshift('api', version)
  request.auth = isOpen(operation) ? { type: 'noauth' } : null
  request.body = bodyOf(step, request.body)
  const kept = Object.keys(keep).map((name) => JSON.stringify(name))
  const first = [
    // What is changed and deleted later is what this makes, or nothing.
    ...kept.map((name) => `pm.collectionVariables.unset(${name})`),
    ...before.map(script),
  ]
  const last = [
    ...Object.values(keep).map(
      (member, n) => `  pm.collectionVariables.set(${kept[n]}, pm.response.json().${member})`,
    ),
    ...(after ? [script(after).replaceAll(/^(?=.)/gm, '  ')] : []),
  ]
  return {
    id: idOf(version, id),
    name: operation.summary,
    request,
    // The refusals are in the document; here they would be nine tenths of the file.
    response: source.response
      .filter(({ code }) => code < 400)
      .map((response) => ({
        ...response,
        id: idOf(version, id, String(response.code)),
        header: response.header.filter(({ disabled }) => !disabled),
        originalRequest: { ...response.originalRequest, url: request.url },
      })),
    event: [
      ...(first.length > 0 ? [event('prerequest', ...first)] : []),
      ...(last.length > 0
        ? [event('test', `if (pm.response.code === ${successOf(operation)}) {`, ...last, '}')]
        : []),
    ],
    protocolProfileBehavior: { disableBodyPruning: true, followRedirects: false },
  }
}

function bodyOf({ body, form }: Step, example: Body = {}): Body {
  if (form)
    return {
      mode: 'urlencoded',
      urlencoded: Object.entries(form).map(([key, value]) => ({ key, value })),
    }
  if (body === undefined) return example
  return { ...example, raw: typeof body === 'string' ? body : JSON.stringify(body, null, 2) }
}

const successOf = ({ responses }: Known['operation']) =>
  Object.keys(responses)
    .map(Number)
    .find((status) => status < 400) ?? 200

const expectedOf = (step: Step, operation: Known['operation']) =>
  step.expect ?? [successOf(operation)]

/** Whether a request is sent without a token in its header. */
const isOpen = ({ security = [] }: Known['operation']) =>
  !security.some((scheme) => 'bearerAuth' in scheme)

function describe({ info }: Document, folders: readonly Folder[]) {
  const steps = folders.flatMap((folder) => folder.steps)
  const special = steps.filter(({ because }) => because)
  const registered = steps.filter((step) => step.registered).map(({ id }) => `\`${id}\``)
  const reasons = special.map(
    ({ id, because, expect }) =>
      `- \`${id}\`${expect ? ` (${expect.join(', ')})` : ''}: ${because}`,
  )
  return [
    info.description,
    'Choose the environment, and run it from top to bottom: it registers somebody new, and deletes them at the end. A token that is about to expire is renewed before the next request.',
    `To be somebody who is there already, set \`username\` and \`password\`: then nobody is registered, and what changes an account or leaves something behind in it is skipped (${registered.join(', ')}).`,
    ...(reasons.length > 0
      ? [`What cannot succeed without help from outside:\n\n${reasons.join('\n')}`]
      : []),
  ].join('\n\n')
}

/** What requests take over from earlier replies. */
function variablesOf(folders: readonly Folder[]): string[] {
  const names = JSON.stringify(folders).matchAll(/\{\{(\w+)\}\}/g)
  const given = new Set(environment.values.map(({ key }) => key))
  return [...new Set(names.map(([, name = '']) => name))].filter((name) => !given.has(name))
}

const event = (listen: Event['listen'], ...lines: string[]): Event => ({
  listen,
  script: { type: 'text/javascript', exec: lines.flatMap((line) => line.split('\n')) },
})

const script = (name: string) =>
  readFileSync(new URL(`scripts/${name}`, import.meta.url), 'utf8').trimEnd()

/** The same each time, in the form of a UUID. */
function idOf(...names: string[]): string {
  const hex = createHash('sha256').update(names.join(' ')).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
