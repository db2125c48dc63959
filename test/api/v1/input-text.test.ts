import { test } from 'tap'
import { start } from '../../helper.ts'
import { unstorableTexts } from '../faults.ts'
import { refuses } from './refusals.ts'

const NUL = 'must not contain the character NUL'
const HALF = 'must be well-formed Unicode text'
const NO_ID = 'id must be a whole number from 1 to 2147483647'

await test('texts, paths and queries', async (t) => {
  const started = await start(t)
  const alice = await started.as('alice')
  const post = { title: 'a', content: 'b' }
  const book = { title: 'a', author: 'b' }
  const todo = { title: 'a', description: 'b' }
  const user = { username: 'newcomer', password: 'herons by the canal', email: 'a@b' }
  const bodies: Array<[call: string, body: Record<string, string>]> = [
    ['POST /posts', post],
    ['PUT /posts/1', post],
    ['POST /books', book],
    ['PUT /books/1', book],
    ['POST /todos', todo],
    ['PUT /todos/1', todo],
    ['POST /users', user],
    [`PUT /users/${alice.id}`, { username: 'newcomer', email: 'a@b', phone: '+12' }],
    ['POST /login', { username: 'alice', password: 'x' }],
    ['POST /login', { email: 'alice', password: 'x' }],
    ['POST /refresh', { refresh_token: 'x' }],
  ]
  await alice.post('/api/v1/posts', post)
  await alice.post('/api/v1/books', book)
  await alice.post('/api/v1/todos', todo)

  await t.test('S57 no text holds NUL or half a surrogate pair', async (t) => {
    for (const [call, body] of bodies) {
      const by = call === 'POST /refresh' ? undefined : alice
      await refuses(t, started, by, unstorableTexts(call, body))
    }
  })
  await t.test('S57 neither does a query', async (t) => {
    const queries: Array<[search: string, message: string]> = [
      ['%00', `search ${NUL}`],
      ['a%00b', `search ${NUL}`],
      ['%ED%A0%80', `search ${HALF}`],
      ['%FF', `search ${HALF}`],
      ['%', `search ${HALF}`],
    ]
    await refuses(
      t,
      started,
      alice,
      queries.map(([search, message]) => ({
        call: `GET /todos?search=${search}`,
        status: 400,
        message,
      })),
    )
  })
  await t.test('S57 S60 nor a path, which is of a decent length', async (t) => {
    const long = 'A part of the path is longer than 100 characters'
    const malformed = 'The path is not a valid URL'
    for (const resource of ['posts', 'todos', 'books', 'users'])
      await refuses(t, started, alice, [
        { call: `GET /${resource}/%00`, status: 400, message: /^id must/ },
        { call: `GET /${resource}/%zz`, status: 400, message: malformed },
        { call: `GET /${resource}/%ED%A0%80`, status: 400, message: malformed },
        { call: `GET /${resource}/${'1'.repeat(100)}`, status: 400, message: NO_ID },
        { call: `GET /${resource}/${'1'.repeat(101)}`, status: 414, message: long },
        { call: `DELETE /${resource}/${'1'.repeat(101)}`, status: 414, message: long },
      ])
  })

  const paths: Record<string, object> = started.documents.v1.paths
  await t.test('S59 an unknown parameter is refused by every path', async (t) => {
    const valid: Record<string, object> = {
      ...Object.fromEntries(bodies),
      'POST /login': { username: 'alice', password: alice.password },
      'POST /refresh': { refresh_token: alice.refreshToken },
      'PUT /users/1': { phone: '+12' },
    }
    for (const [path, operations] of Object.entries(paths))
      for (const method of Object.keys(operations)) {
        const call = `${method.toUpperCase()} ${path.replace('{id}', '1')}`
        const body = valid[call]
        const ask = { call: `${call}?nonsense=1`, ...(body && { body }), status: 400 }
        const message = '"nonsense" is not a parameter of this path'
        const isPublic = path === '/refresh'
        await refuses(t, started, isPublic ? undefined : alice, [{ ...ask, message }])
      }
  })
  await t.test('S29 a token in the query or the body is none', async (t) => {
    const query = { access_token: alice.accessToken }
    const token = { status: 401, message: 'Missing token' }
    await refuses(t, started, undefined, [
      { call: 'GET /me', query, ...token },
      { call: 'GET /todos', query: { token: alice.accessToken }, ...token },
      { call: 'POST /posts', body: { ...post, ...query }, ...token },
    ])
  })
})
