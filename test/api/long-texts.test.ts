import { test } from 'tap'
import { engine } from '../database.ts'
import { alter } from '../db/bare.ts'
import { start } from '../helper.ts'
import { ENOUGH, marked, TOO_MANY, watchNormalise } from './marks.ts'

/** Far more than any member takes, and few enough to do no harm where they are normalised. */
const ENDLESS = marked(4000)
const JSON_LINES = { headers: { 'content-type': 'application/x-ndjson' } }

await test('S79 a password that is longer than any is wrong without being read', async (t) => {
  const seen = watchNormalise(t)
  const { as, request, backend } = await start(t)
  const replies = async (name: string, password: string) => {
    const user = await as(name)
    const all = []
    for (const [url, body] of [
      ['/api/v1/login', { username: name, password }],
      ['/api/v2/auth/login', { identifier: name, password }],
      ['/api/v2/auth/login', { identifier: `no ${name}`, password }],
      ['/api/v2/auth/reauthenticate', { password }],
      [
        '/api/v2/auth/password/change',
        { current_password: password, new_password: 'another quiet place' },
      ],
    ] as const) {
      const { status, headers, body: said } = await user.post(url, body)
      const { request_id: _, ...rest } = said
      all.push({ status, names: Object.keys(headers).toSorted(), rest })
    }
    return all
  }
  t.same(await replies('alice', ENDLESS), await replies('bella', 'not the password'))
  t.same(seen, [])
  const login = (username: string, password: string) =>
    request('POST', '/api/v1/login', { body: { username, password } })
  t.match(await login('alice', ENDLESS), { status: 401 })
  t.match(await login('alice', 'a quiet place to write'), { status: 429 }, 'they count as failures')

  // NFC makes 128 characters of 512: what can be set can be used, however it is written.
  const longest = '\u1F82'.repeat(128)
  await backend.accounts.register({ username: 'greek', password: longest })
  for (const password of [longest, longest.normalize('NFD')])
    t.match(await login('greek', password), { status: 200 })
})

await test('S79 what is far too long is refused before it is looked at', async (t) => {
  const seen = watchNormalise(t)
  const { as, request } = await start(t)
  const alice = await as('alice')
  const account = { username: 'bobby', password: 'a quiet place to write' }
  const cases: Array<[url: string, body: object, pointer: string]> = [
    ['/auth/register', { ...account, username: ENDLESS }, '#/username'],
    ['/auth/register', { ...account, password: ENDLESS }, '#/password'],
    ['/auth/register', { ...account, email: `${ENDLESS}@example.com` }, '#/email'],
    ['/auth/password/forgot', { email: `${ENDLESS}@example.com` }, '#/email'],
    ['/auth/password/reset', { token: 'x', new_password: ENDLESS }, ''],
    ['/auth/login', { identifier: ENDLESS, password: 'x' }, '#/identifier'],
    ['/posts', { title: ENDLESS, content: 'x' }, '#/title'],
    ['/todos', { title: 'x', description: marked(20_000) }, '#/description'],
    ['/books', { title: 'x', author: ENDLESS }, '#/author'],
    ['/books', { title: 'x', author: 'x', isbn: ENDLESS }, '#/isbn'],
    ['/auth/api-keys', { name: ENDLESS, scopes: ['posts:read'] }, '#/name'],
  ]
  for (const [url, body, pointer] of cases) {
    const reply = await alice.post(`/api/v2${url}`, body)
    t.equal(reply.status, 422, url)
    if (pointer !== '')
      t.match(reply.body.errors, [{ pointer, code: 'too_long' }], `${url} ${pointer}`)
  }
  for (const member of ['refresh_token'])
    t.equal((await request('POST', '/api/v1/refresh', { body: { [member]: ENDLESS } })).status, 401)
  t.same(seen, [])
  t.equal((await alice.get('/api/v1/users')).body.users.length, 1)
})

await test('S79 a text with more than 30 marks in a row is refused, whatever it is for', async (t) => {
  const seen = watchNormalise(t)
  const { as } = await start(t)
  const alice = await as('alice')
  const { body: post } = await alice.post('/api/v2/posts', { title: ENOUGH, content: ENOUGH })
  t.match(post, { title: ENOUGH, content: ENOUGH }, '30 are taken as they are')

  const bodies: Array<[method: string, url: string, body: object, member: string]> = [
    ['POST', '/posts', { title: TOO_MANY, content: 'x' }, 'title'],
    ['POST', '/posts', { title: 'x', content: marked(50_000) }, 'content'],
    ['PATCH', `/posts/${post.id}`, { content: TOO_MANY }, 'content'],
    ['POST', '/todos', { title: 'x', description: marked(9000) }, 'description'],
    ['POST', '/books', { title: 'x', author: TOO_MANY }, 'author'],
    ['PATCH', '/me', { username: `${ENOUGH}\u0345` }, 'username'],
    ['POST', '/auth/api-keys', { name: TOO_MANY, scopes: ['posts:read'] }, 'name'],
  ]
  for (const [method, url, body, member] of bodies)
    t.match(
      await alice.send(method, `/api/v2${url}`, body),
      { status: 422, body: { errors: [{ pointer: `#/${member}`, code: 'too_many_marks' }] } },
      `${method} ${url}`,
    )
  for (const [url, body] of [
    ['/posts', { title: 'x', content: TOO_MANY }],
    ['/todos', { title: TOO_MANY }],
    ['/books', { title: TOO_MANY, author: 'x' }],
  ] as const)
    t.match(await alice.post(`/api/v1${url}`, body), { status: 400 }, `v1 ${url}`)
  t.match(
    await alice.post('/api/v2/todos/bulk', {
      operations: [{ op: 'create', value: { title: TOO_MANY } }],
    }),
    { status: 200, body: { results: [{ problem: { errors: [{ code: 'too_many_marks' }] } }] } },
  )
  t.match(
    await alice.post(
      '/api/v2/books/import',
      JSON.stringify({ title: TOO_MANY, author: 'x' }),
      JSON_LINES,
    ),
    { status: 422, body: { errors: [{ line: 1, code: 'too_many_marks' }] } },
  )
  for (const [url, parameter] of [
    ['/api/v2/posts', 'q'],
    ['/api/v2/todos', 'q'],
    ['/api/v2/users', 'q'],
    ['/api/v2/books', 'author'],
  ] as const)
    t.match(
      await alice.get(url, { query: { [parameter]: TOO_MANY } }),
      { status: 422, body: { errors: [{ parameter, code: 'too_many_marks' }] } },
      `${url} ${parameter}`,
    )
  t.match(await alice.get('/api/v1/todos', { query: { search: TOO_MANY } }), { status: 400 })

  t.same(seen, [])
  t.match((await alice.get('/api/v2/posts')).body.data, [{ id: post.id, content: ENOUGH }])
  for (const url of ['/api/v2/todos', '/api/v2/books'])
    t.same((await alice.get(url)).body.data, [], url)
})

await test('S79 what was stored before such texts were refused is changed and found as ever', async (t) => {
  const { as, databaseUrl } = await start(t)
  const alice = await as('alice')
  const { body: post } = await alice.post('/api/v2/posts', { title: 'old', content: 'x' })
  const { body: todo } = await alice.post('/api/v2/todos', { title: 'old', description: 'x' })
  const old = `needle ${marked(2000)}`
  await alter(databaseUrl, `update posts set content = '${old}' where id = ${post.id}`)
  await alter(databaseUrl, `update todos set description = '${old}' where id = ${todo.id}`)

  const seen = watchNormalise(t)
  for (const [name, id] of [
    ['posts', post.id],
    ['todos', todo.id],
  ]) {
    t.match(await alice.patch(`/api/v2/${name}/${id}`, { title: 'new' }), { status: 200 })
    const found = await alice.get(`/api/v2/${name}`, { query: { q: 'needle' } })
    t.match(found.body.data, [{ id, title: 'new' }], `${name} on ${engine}`)
  }
  t.same(seen, [])
})
