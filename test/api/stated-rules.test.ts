import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import { judgeText } from '../../src/base/text-rules.ts'
import { ACCOUNT_RULES } from '../../src/domain/accounts/fields.ts'
import { modelOf } from '../../src/domain/resources/engine/model.ts'
import { book } from '../../src/domain/resources/index.ts'
import { start } from '../helper.ts'
import { type Document, operationsOf } from './documents.ts'

interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  pattern?: string
  properties?: Record<string, Schema>
  [keyword: string]: unknown
}

const schemasOf = (document: Document, name: string) =>
  (document.components.schemas[name] as Schema).properties ?? {}

const RULES = { ...ACCOUNT_RULES, ...modelOf(book).rules }

await test('the documents state what the domain checks', async (t) => {
  const { documents } = await start(t)

  await t.test('no text of a request may hold NUL', async (t) => {
    for (const document of Object.values(documents) as Document[]) {
      const texts = new Map<string, Schema>()
      const seen = new Set<unknown>()
      const read = (part: unknown, path: string) => {
        if (typeof part !== 'object' || part === null || seen.has(part)) return
        seen.add(part)
        const schema = part as Schema
        if ([schema.type].flat().includes('string')) texts.set(path, schema)
        const name = schema.$ref?.split('/').at(-1)
        if (name !== undefined) read(document.components.schemas[name], name)
        for (const [key, member] of Object.entries(part))
          if (!/^examples?$/.test(key)) read(member, `${path}/${key}`)
      }
      for (const { key, operation } of operationsOf(document)) {
        const parameters = operation.parameters?.filter((one) => Object(one).in !== 'header')
        read([parameters, operation.requestBody?.content], key)
      }
      t.ok(texts.size > 10)
      for (const [path, { enum: values, format, pattern }] of texts) {
        if (values || format === 'date-time' || format === 'binary') continue
        t.ok(pattern, path)
        t.notMatch('a\0b', new RegExp(pattern ?? '', 'u'), path)
      }
      t.notMatch(JSON.stringify(document), /x-stated/)
    }
  })

  await t.test('what the document refuses, the domain does', async () => {
    const { username = {}, email = {} } = schemasOf(documents.v2, 'Registration')
    const { isbn = {}, title = {}, author = {} } = schemasOf(documents.v2, 'BookCreate')
    const character = fc.oneof(
      fc.constantFrom(...'aé0123456789Xx.-_@ \t\0\u0085\u00ad\u200b\ufeff'.split('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    )
    const text = fc.array(character, { maxLength: 20 }).map((parts) => parts.join(''))
    for (const [name, { pattern = '' }] of Object.entries({
      username,
      email,
      isbn,
      title,
      author,
    })) {
      const stated = new RegExp(pattern, 'u')
      fc.assert(
        fc.property(text, (value) => {
          if (typeof judgeText(RULES[name as 'email'], value) === 'string')
            assert.match(value, stated, name)
        }),
        { numRuns: 2000 },
      )
    }
    for (const value of ['0-441-47812-3', '978 0441478125', ' 155404295x '])
      assert.match(value, new RegExp(isbn.pattern ?? '', 'u'))
  })

  await t.test('what must be there, how much of it, and how many', async (t) => {
    const { v1, v2 } = documents
    t.match(v1.components.schemas['Login'], { minProperties: 2 })
    const password = { minLength: 8, maxLength: 128 }
    t.match(schemasOf(v1, 'UserCreate')['password'], password)
    t.match(schemasOf(v2, 'PasswordChange')['new_password'], password)
    t.notMatch(schemasOf(v2, 'PasswordChange')['current_password'], password)
  })
})
