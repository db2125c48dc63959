import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { Type as TypeBox } from 'typebox'
import { Type } from '../src/base/schema.ts'

/** One of each, nested as our schemas are. */
function build(builders: typeof Type) {
  const title = builders.String({ minLength: 1, description: 'The title.' })
  const done = builders.Unsafe<'yes' | 'no'>({ type: 'string', enum: ['yes', 'no'] })
  return builders.Object(
    {
      id: builders.Integer({ minimum: 1 }),
      title,
      draft: builders.Optional(title),
      done: builders.Optional(done),
      copied: { ...builders.Optional(title), description: 'A copy is not optional.' },
      rating: builders.Number(),
      shown: builders.Optional(builders.Boolean({ examples: [true] })),
      kind: builders.Enum(['post', 'todo'], { description: 'What it is.' }),
      tags: builders.Optional(builders.Array(builders.String(), { maxItems: 5 })),
      empty: builders.Object({ only: builders.Optional(builders.Boolean()) }),
      partial: builders.Partial(builders.Object({ title, draft: builders.Optional(title) }), {
        minProperties: 1,
      }),
    },
    { additionalProperties: false },
  )
}

await test('our builders make what the builders of TypeBox make', (t) => {
  t.equal(JSON.stringify(build(Type)), JSON.stringify(build(TypeBox)))
  t.end()
})

await test('nothing of TypeBox but its types is loaded', (t) => {
  const root = join(import.meta.dirname, '../src')
  for (const file of globSync('**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8')
    const loading = text.replaceAll(/^(?:im|ex)port type [^']+'[^']+'/gm, '')
    t.notMatch(loading, /'(?:typebox|@fastify\/type-provider-typebox)'/, file)
  }
  t.end()
})
