import { test } from 'tap'
import { unannounced } from './breaking.ts'
import { type Document, keptText, pathOf, print, VERSIONS } from './documents.ts'
import { servedDocuments } from './served.ts'

const served = await servedDocuments()

for (const version of VERSIONS)
  await test(`${pathOf(version)} is what is served`, async (t) => {
    const kept = await keptText(version)
    const isSame = kept === print(served[version])
    t.ok(isSame, 'else run: npm run openapi')
    const breaking =
      isSame || kept === undefined ? [] : await unannounced(JSON.parse(kept), served[version])
    t.same(breaking, [], 'nothing breaks clients, or the version says so')
  })

/** v1 with one thing changed. */
// oxlint-disable-next-line typescript/no-explicit-any -- a document is taken apart anyhow
type Change = (document: any) => void
const doctored = (change: Change): Document => {
  const copy = structuredClone(served.v1)
  change(copy)
  return copy
}

const BREAKING: Array<[name: string, change: Change, said: RegExp]> = [
  ['a path is gone', ({ paths }) => delete paths['/protected'], /`\/protected` was removed/],
  [
    'an operation is gone',
    ({ paths }) => delete paths['/posts/{id}'].delete,
    /`DELETE \/posts\/\{id\}` was removed/,
  ],
  [
    'a member of a reply is gone',
    ({ components }) => {
      const { Post } = components.schemas
      delete Post.properties.title
      Post.required = Post.required.filter((name: string) => name !== 'title')
    },
    /title/,
  ],
  [
    'a request needs one more member',
    ({ components }) => {
      const { PostCreate } = components.schemas
      PostCreate.properties.summary = { type: 'string' }
      PostCreate.required.push('summary')
    },
    /became required: `summary`/,
  ],
  [
    'a parameter takes fewer words',
    ({ paths }) => {
      const named = ({ name }: { name: string }) => name === 'sort'
      paths['/todos'].get.parameters.find(named).schema.enum.pop()
    },
    /lost values: 'created_at'/,
  ],
  [
    'a reply has another type',
    ({ components }) => (components.schemas.Post.properties.id = { type: 'string' }),
    /Type of `id`/,
  ],
  ['a success is gone', ({ paths }) => delete paths['/posts'].post.responses['201'], /`201` was/],
  [
    'an operation needs a token',
    ({ paths }) => (paths['/posts'].get.security = [{ bearerAuth: [] }]),
    /Authentication became required/,
  ],
]
const HARMLESS: Array<[name: string, change: Change]> = [
  ['nothing', () => undefined],
  [
    'a request may have one more member',
    ({ components }) => (components.schemas.PostCreate.properties.summary = { type: 'string' }),
  ],
  [
    'a reply has one more member',
    ({ components }) => {
      const { Post } = components.schemas
      Post.properties.summary = { type: 'string' }
      Post.required.push('summary')
    },
  ],
  [
    'there is one more path',
    ({ paths }) => {
      const get = { ...paths['/protected'].get, operationId: 'getAnother' }
      paths['/another'] = { get }
    },
  ],
  ['other words', ({ paths }) => (paths['/posts'].get.summary = 'Other words')],
]

for (const [name, change, said] of BREAKING)
  await test(`breaks clients: ${name}`, async (t) => {
    const found = await unannounced(served.v1, doctored(change))
    t.match(found.join('\n'), said)
  })

for (const [name, change] of HARMLESS)
  await test(`breaks no client: ${name}`, async (t) => {
    t.same(await unannounced(served.v1, doctored(change)), [])
  })

await test('a version with a higher first number may break clients, others may not', async (t) => {
  const without = (version: string) =>
    doctored(({ paths, info }) => {
      delete paths['/protected']
      info.version = version
    })
  t.same(await unannounced(served.v1, without('2.0.0')), [])
  for (const version of ['1.0.0', '1.1.0', '0.9.0'])
    t.match(await unannounced(served.v1, without(version)), [/\/protected/], version)
})
