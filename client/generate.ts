import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import ts from 'typescript'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config/index.ts'

/** What `npm run client:types` writes. */
const GENERATED = new URL('src/schema.ts', import.meta.url)

/** What we read of the document of v2 by ourselves. */
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: {
    responses?: object
    headers?: object
    schemas: { Problem: { properties: { code: { 'x-extensible-enum': string[] } } } }
  }
}
interface Operation {
  requestBody?: { content: object }
  parameters?: Array<{ name: string }>
  responses: Record<string, { headers?: object }>
}

const { factory } = ts
/** A file that is sent: its text, or a file of the browser. */
const FILE = factory.createUnionTypeNode([
  factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword),
  factory.createTypeReferenceNode('Blob'),
])
const FORM = 'application/x-www-form-urlencoded'

/** The types of the document, and the lists of it that the client needs. */
async function generate(document: Document): Promise<string> {
  // The cast: the document is of OpenAPI 3.1, a test of its own sees to that.
  const source = withoutRefusals(document) as unknown as OpenAPI3
  const types = await openapiTS(source, {
    transform: ({ format }) => (format === 'binary' ? FILE : undefined),
  })
  const codes = document.components.schemas.Problem.properties.code['x-extensible-enum']
  const posts = (has: (post: Operation) => boolean | undefined) =>
    Object.entries(document.paths)
      .filter(([, { post }]) => post && has(post))
      .map(([path]) => `  '${path}',`)
      .join('\n')
  return `// Made of the document of v2 by \`npm run client:types\`.
${astToString(types)}
/** Every \`code\` that the server gives a refusal. */
export type ServerCode =
${codes.map((code) => `  | '${code}'`).join('\n')}

/** What creates records: a POST there takes an Idempotency-Key. */
export const KEYED_PATHS: ReadonlySet<string> = new Set([
${posts(({ parameters }) => parameters?.some(({ name }) => name === 'idempotency-key'))}
])

/** What takes a form (RFC 7009, RFC 7662). */
export const FORM_PATHS: ReadonlySet<string> = new Set([
${posts(({ requestBody }) => requestBody && FORM in requestBody.content)}
])
`
}

/** A refusal is thrown, as a ProblemError: without all of theirs, and without headers, the types are a third as long. */
function withoutRefusals(document: Document): Document {
  const copy = structuredClone(document)
  delete copy.components.responses
  delete copy.components.headers
  for (const { responses } of Object.values(copy.paths).flatMap((path) => Object.values(path)))
    for (const [status, response] of Object.entries(responses)) {
      delete response.headers
      if (Number(status) >= 400) Reflect.deleteProperty(responses, status)
    }
  return copy
}

/** The document as a server gives it. */
async function readDocument(): Promise<Document> {
  const app = await buildApp(loadConfig({ NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:' }))
  try {
    return (await app.inject('/api/v2/openapi.json')).json<Document>()
  } finally {
    await app.close()
  }
}

/** What the types are, and what they should be. */
export const types = async (): Promise<{ committed: string; made: string }> => ({
  committed: await readFile(GENERATED, 'utf8'),
  made: await generate(await readDocument()),
})

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(GENERATED, await generate(await readDocument()))
