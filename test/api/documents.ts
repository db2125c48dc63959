import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { parse } from 'yaml'
import type { Started } from '../helper.ts'

/** What is bytes to whoever generates a client. */
const FILES = /^(text\/csv|application\/(x-ndjson|zip))$/

export interface Operation {
  operationId: string
  security: unknown
  description?: string
  parameters?: Array<{ name: string; schema: { default?: unknown }; explode?: boolean }>
  requestBody?: {
    required: boolean
    content: Record<string, { schema: unknown; example: unknown }>
  }
  responses: Record<string, { $ref?: string; headers?: object; content?: object }>
}
export interface Document {
  paths: Record<string, Record<string, Operation>>
  components: Record<'schemas' | 'headers' | 'responses', Record<string, { required?: boolean }>>
}
export const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )

const outline = (one: Document) => ({
  operations: operationsOf(one).map(({ key, operation }) => [
    key,
    operation.operationId,
    Object.keys(operation.responses),
  ]),
  components: Object.values(one.components).map((part) => Object.keys(part)),
})

/** Says of the documents of a version what is true of both. */
export async function soundDocuments(
  t: Test,
  { request, documents }: Started,
  version: 'v1' | 'v2',
): Promise<void> {
  const document = documents[version]
  const yaml = await request('GET', `/api/${version}/openapi.yaml`)
  const mirror = await request('GET', `/api/${version}/openapi-3.0.json`)

  await t.test('JSON and YAML say the same', async (t) => {
    t.match(yaml.headers['content-type'], /^application\/yaml/)
    t.notMatch(yaml.text, /[&*][a-z]\d*$/m, 'no anchors: many tools cannot read them')
    t.same(parse(yaml.text), document)
  })

  await t.test('the 3.0 mirror has the same operations, replies and components', async (t) => {
    t.match(document, { openapi: '3.1.0' })
    t.match(mirror.body, { openapi: '3.0.3', info: document.info, servers: document.servers })
    t.same(outline(mirror.body), outline(document))
    t.notMatch(mirror.text, /"examples":|"type":\[|"type":"null"/, 'nothing of 3.1 in it')
  })

  for (const [name, content] of [
    ['3.1', document],
    ['3.0', mirror.body],
  ])
    await t.test(`${name} is valid OpenAPI`, async (t) => {
      const file = `${t.testdir({})}/openapi.json`
      await writeFile(file, JSON.stringify(content))
      const env = {
        ...process.env,
        REDOCLY_TELEMETRY: 'off',
        REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      }
      const redocly = [
        'node_modules/@redocly/cli/bin/cli.js',
        'lint',
        '--extends=spec',
        // v1 has errors of its own.
        '--skip-rule=operation-4xx-problem-details-rfc7807',
        file,
      ]
      await t.resolves(promisify(execFile)(process.execPath, redocly, { env }))
    })

  await t.test('operation ids are unique words', async (t) => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId)
    t.equal(new Set(ids).size, ids.length)
    t.ok(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id)))
  })

  await t.test('bodies with a schema have an example', async (t) => {
    for (const { key, operation } of operationsOf(document))
      for (const part of [operation.requestBody, ...Object.values(operation.responses)])
        for (const [type, media] of Object.entries(part?.content ?? {}))
          t.match(
            media,
            FILES.test(type)
              ? { schema: { type: 'string', format: 'binary' }, example: String }
              : { schema: { $ref: /^#\/components\/schemas\// }, example: {} },
            key,
          )
  })
}
