import { test } from 'tap'
import mergePatch from '../../../src/api/v2/merge-patch.ts'
import { frame } from '../plugins/frame.ts'

type Method = 'PATCH' | 'POST' | 'DELETE'
const METHODS: Method[] = ['PATCH', 'POST', 'DELETE']
const schema = {
  body: { type: 'object', properties: { title: { type: 'string' } }, additionalProperties: false },
}

await test('S53 a merge patch is for PATCH, in the scope of its routes', async (t) => {
  const app = await frame(t, (root) => {
    void root.register(async (scope) => {
      await scope.register(mergePatch)
      for (const method of METHODS)
        scope.route({
          method,
          url: '/api/v2/things',
          schema,
          handler: async ({ body }) => ({ body }),
        })
    })
    root.patch('/api/v2/elsewhere', { schema }, async ({ body }) => ({ body }))
  })
  const send = (method: Method, url: string, type: string) =>
    app.inject({
      method,
      url,
      payload: '{"title":"x"}',
      headers: { 'content-type': type },
    })
  const patches = [
    'application/merge-patch+json',
    'Application/Merge-Patch+JSON',
    'application/merge-patch+json; charset=utf-8',
  ]
  for (const type of patches) {
    const taken = await send('PATCH', '/api/v2/things', type)
    t.strictSame([taken.statusCode, taken.json()], [200, { body: { title: 'x' } }], type)
    for (const [method, url] of [
      ['POST', '/api/v2/things'],
      ['DELETE', '/api/v2/things'],
      ['PATCH', '/api/v2/elsewhere'],
    ] as const)
      t.match((await send(method, url, type)).json(), {
        status: 415,
        code: 'unsupported_media_type',
      })
  }
  for (const type of [
    'application/merge-patch+json; charset=latin1',
    'application/json-patch+json',
  ])
    t.equal((await send('PATCH', '/api/v2/things', type)).statusCode, 415, type)
  for (const method of METHODS)
    t.equal((await send(method, '/api/v2/things', 'application/json')).statusCode, 200, method)
})
