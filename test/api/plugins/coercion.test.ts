import { test } from 'tap'
import { coercion } from '../../../src/api/plugins/coercion.ts'

await test('a parameter that refers to a shared schema is read as that schema says', (t) => {
  const schema = { type: 'object', properties: { id: { $ref: 'Id#' }, name: { $ref: 'Name#' } } }
  const { coerce } = coercion(schema, 'query', {
    Id: { type: 'integer' },
    Name: { type: 'string' },
  })
  const query = { id: '7', name: '7' }
  coerce(query)
  t.strictSame(query, { id: 7, name: '7' })
  t.end()
})
