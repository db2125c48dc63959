import { Ajv, type AnySchema } from 'ajv'
import { test } from 'tap'
import { violationsOf } from '../../../src/api/plugins/violations.ts'

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: false })

/** What is said about `data`, by path. */
function said(schema: AnySchema, data: unknown) {
  const validate = ajv.compile(schema)
  void validate(data)
  return violationsOf(validate.errors ?? [], 'body').map(({ path, detail }) => `${path} ${detail}`)
}
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })

await test('bounds are told together where there are two', async (t) => {
  const n = (schema: object, value: unknown) => said(object({ n: schema }), { n: value })
  t.same(n({ type: 'number', minimum: 1, maximum: 2 }, 3), ['/n n must be a number from 1 to 2'])
  t.same(n({ type: 'integer', minimum: 1 }, 0), ['/n n must be at least 1'])
  t.same(n({ type: 'integer', maximum: 2 }, 3), ['/n n must be at most 2'])
  t.same(n({ type: 'integer', minimum: 1, maximum: 9 }, 'x'), [
    '/n n must be a whole number from 1 to 9',
  ])
  t.same(n({ type: 'string', minLength: 8 }, 'x'), ['/n n must have at least 8 characters'])
  t.same(n({ type: 'string', maxLength: 1 }, 'xx'), ['/n n must have at most 1 character'])
  t.same(n({ type: 'array', minItems: 1 }, []), ['/n n must have at least 1 item'])
  t.same(n({ const: 'a' }, 'b'), ['/n n must be "a"'])
  t.same(n({ type: 'string', pattern: '^a$' }, 'b'), ['/n n must match ^a$'])
  t.same(n({ not: {} }, 'b'), ['/n n is not acceptable'])
})

await test('too few or too many members are told with the members there are', async (t) => {
  const schema = object({ a: {}, b: {} }, { minProperties: 1, maxProperties: 1 })
  t.same(said(schema, {}), [' The body must have at least 1 member of a, b'])
  t.same(said(schema, { a: 1, b: 1 }), [' The body must have at most 1 member'])
})

await test('of several branches the one that fits speaks, else the choice is told', async (t) => {
  const literals = { x: { anyOf: [{ const: 'low' }, { const: 'high' }] } }
  t.same(said(object(literals), { x: 'mid' }), ['/x x must be "low" or "high"'])

  const either = object({}, { anyOf: [{ required: ['username'] }, { required: ['email'] }] })
  t.same(said(either, {}), [' username or email is required'])

  const mixed = { x: { oneOf: [{ type: 'string' }, { type: 'array', items: {} }] } }
  t.same(said(object(mixed), { x: 1 }), ['/x x must be a string or an array'])

  const both = { x: { oneOf: [{ type: 'string' }, { type: 'string' }] } }
  t.same(said(object(both), { x: 'a' }), ['/x x is not acceptable'])

  const nullable = { x: { anyOf: [object({ y: { type: 'string' } }), { type: 'null' }] } }
  t.same(said(object(nullable), { x: { y: 1 } }), ['/x/y x.y must be a string'])
})

await test('names are paths for people, pointers for programs', async (t) => {
  const item = object({ 'a/b': { type: 'string' } }, { additionalProperties: false })
  const schema = object({ list: { type: 'array', items: item } })
  t.same(said(schema, { list: [{}, { 'a/b': 1, 'c~d': 1 }] }), [
    '/list/1/c~0d "c~d" is not a member of list[1]',
    '/list/1/a~1b list[1].a/b must be a string',
  ])
  const [long = ''] = said({ ...item, properties: {} }, { ['x'.repeat(1000)]: 1 })
  t.match(long, /"x{64}…" is not a member of this body$/)
})
