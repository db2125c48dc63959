import { test, type Test } from 'tap'
import { SCOPES } from '../../../src/domain/scopes.ts'
import { start, type Send } from '../../helper.ts'

const KEYS = '/api/v2/auth/api-keys'
const POST = { title: 'On reading', content: 'Copy it.' }

async function scene(t: Test, options = {}) {
  const started = await start(t, options)
  const alice = await started.as('alice')
  const make = async (scopes: readonly string[], more: object = {}) => {
    const { status, body } = await alice.post(KEYS, { name: 'a key', scopes, ...more })
    t.equal(status, 201)
    return { key: String(body.key), id: Number(body.id) }
  }
  const send = (method: string, url: string, key: string, more: Send = {}) =>
    started.request(method, url, { ...more, headers: { 'x-api-key': key, ...more.headers } })
  return { ...started, alice, make, send }
}

await test('a key is shown once, and does what its scopes say, in both versions', async (t) => {
  const { alice, make, send, request } = await scene(t)
  const made = await alice.post(KEYS, { name: ' Nightly ', scopes: ['todos:read', 'posts:write'] })
  t.match(made, {
    status: 201,
    body: {
      key: /^cpk_[\w-]{43}$/,
      name: 'Nightly',
      scopes: ['todos:read', 'posts:write'],
      expires_at: null,
      last_used_at: null,
    },
  })
  t.equal(made.headers['cache-control'], 'no-store')
  const { key, ...shown } = made.body
  const listed = await alice.get(KEYS)
  t.strictSame(listed.body, { data: [shown] })
  t.notOk(listed.text.includes(key))

  for (const url of ['/api/v1/todos', '/api/v2/todos'])
    t.match(await send('GET', url, key), { status: 200 })
  const bearer = { headers: { authorization: `Bearer ${key}` } }
  t.match(await request('GET', '/api/v2/todos', bearer), { status: 200 })
  const written = await send('POST', '/api/v2/posts', key, { body: POST })
  t.strictSame([written.status, written.body], [201, { id: written.body.id, ...POST }])

  const refused = await send('POST', '/api/v2/todos', key, { body: { title: 'x' } })
  t.match(refused, { status: 403, body: { code: 'insufficient_scope', detail: /todos:write/ } })
  t.match(refused.headers['www-authenticate'], /error="insufficient_scope"/)
  t.match(await send('POST', '/api/v1/todos', key, { body: { title: 'x' } }), {
    status: 403,
    body: { message: 'The API key lacks the scope todos:write' },
  })
  t.match(await send('GET', '/api/v2/books', key), { status: 403 })
  t.match(await send('GET', '/api/v2/me', key), { status: 403 })
  t.match(await send('GET', '/api/v2/posts', key), { status: 200 }, 'what everyone may read')
  t.ok(await make(['posts:read']))
})

await test('a key manages no keys, passwords, factors or sessions, whatever its scopes', async (t) => {
  const { alice, make, send } = await scene(t)
  const { key, id } = await make(SCOPES)
  for (const [method, url, body] of [
    ['GET', KEYS],
    ['POST', KEYS, { name: 'x', scopes: ['posts:read'] }],
    ['DELETE', `${KEYS}/${id}`],
    ['POST', '/api/v2/auth/password/change', { current_password: 'x', new_password: 'y' }],
    ['POST', '/api/v2/auth/reauthenticate', { password: alice.password }],
    ['POST', '/api/v2/auth/totp'],
    ['GET', '/api/v2/auth/sessions'],
    ['PATCH', '/api/v2/me', { phone: null }],
    ['DELETE', '/api/v2/me'],
  ] as const)
    t.match(
      await send(method, url, key, body ? { body } : {}),
      { status: 403, body: { code: 'insufficient_scope' } },
      `${method} ${url}`,
    )
  for (const [method, url] of [
    ['POST', '/api/v2/auth/logout'],
    ['POST', '/api/v1/logout'],
    ['POST', '/api/v2/auth/refresh'],
  ] as const)
    t.match(await send(method, url, key), { status: 401 }, url)
  t.match(await alice.get('/api/v2/me'), { status: 200 }, 'the session is as it was')
})

await test('a key ends at once: revoked, expired, or with its user', async (t) => {
  const { alice, make, send, clock, backend, databaseUrl, login } = await scene(t)
  const node = await start(t, { databaseUrl, clock })
  const todos = (key: string) => send('GET', '/api/v2/todos', key)
  const elsewhere = (key: string) =>
    node.request('GET', '/api/v2/todos', { headers: { 'x-api-key': key } })
  const one = await make(['todos:read'])
  const other = await make(['todos:read'])
  t.match(await todos(one.key), { status: 200 })
  t.match(await elsewhere(one.key), { status: 200 })
  t.match(await alice.delete(`${KEYS}/${one.id}`), { status: 204 })
  t.match(await todos(one.key), { status: 401, body: { code: 'token_revoked' } })
  t.match(await elsewhere(one.key), { status: 401 }, 'on another node too')
  t.match(await alice.delete(`${KEYS}/${one.id}`), { status: 404 })

  const expires = new Date(clock.now().getTime() + 60_000).toISOString()
  const short = await make(['todos:read'], { expires_at: expires })
  t.match(await todos(short.key), { status: 200 })
  clock.advance(61)
  t.match(await todos(short.key), { status: 401, body: { code: 'token_expired' } })

  t.match(await todos(other.key), { status: 200 })
  await backend.accounts.setStatus(alice.id, 'suspended')
  t.match(await todos(other.key), { status: 401 })
  t.match(await elsewhere(other.key), { status: 401 })
  await backend.accounts.setStatus(alice.id, 'active')
  t.match(await todos(other.key), { status: 401 }, 'nor does it come back')
  const again = await login('alice', alice.id)
  const last = (await again.post(KEYS, { name: 'last', scopes: ['todos:read'] })).body
  t.match(await todos(last.key), { status: 200 })
  t.match(await again.delete('/api/v2/me'), { status: 204 })
  t.match(await todos(last.key), { status: 401 })
})

await test('never more than the role of its user', async (t) => {
  const { alice, make, send, backend } = await scene(t)
  const { key } = await make(['audit:read', 'users:read'])
  t.match(await send('GET', '/api/v2/audit-events', key), {
    status: 403,
    body: { code: 'insufficient_role' },
  })
  await backend.accounts.setRole(alice.id, 'admin')
  t.match(await send('GET', '/api/v2/audit-events', key), { status: 200 })
  await backend.accounts.setRole(alice.id, 'user', { force: true })
  t.match(await send('GET', '/api/v2/audit-events', key), { status: 403 })
})

await test('the last use is told, to the minute', async (t) => {
  const { alice, make, send, clock } = await scene(t)
  const { key } = await make(['todos:read'])
  const used = async () => {
    const { body } = await alice.get(KEYS)
    return Date.parse(body.data[0].last_used_at)
  }
  const first = clock.now().getTime()
  for (let i = 0; i < 3; i++) await send('GET', '/api/v2/todos', key)
  const before = await used()
  t.ok(before >= first && before <= clock.now().getTime())
  clock.advance(61)
  await send('GET', '/api/v2/todos', key)
  t.ok((await used()) >= before + 61_000)
})

await test('what is no key is refused', async (t) => {
  const { alice, make, send, request } = await scene(t)
  const { key } = await make(['todos:read'])
  const flipped = `${key.slice(0, -2)}${key.at(-2) === 'A' ? 'B' : 'A'}${key.at(-1)}`
  for (const wrong of [flipped, key.slice(0, -1), `${key}A`, key.toUpperCase(), 'x', ''])
    t.match(await send('GET', '/api/v2/todos', wrong), { status: 401 }, wrong)
  const query = { api_key: key }
  t.match(await request('GET', '/api/v2/todos', { query }), { status: 401 })
  // Whoever sends both speaks with the token.
  const both = { authorization: `Bearer ${alice.accessToken}`, 'x-api-key': key }
  t.match(await request('GET', '/api/v2/me', { headers: both }), { status: 200 })
})

await test('bad keys are not made', async (t) => {
  const { alice, clock, as } = await scene(t)
  for (const body of [
    {},
    { name: '', scopes: ['posts:read'] },
    { name: 'x'.repeat(101), scopes: ['posts:read'] },
    { name: 'x', scopes: [] },
    { name: 'x', scopes: ['posts:read', 'posts:read'] },
    { name: 'x', scopes: ['everything'] },
    { name: 'x', scopes: ['posts:read'], expires_at: clock.now().toISOString() },
    { name: 'x', scopes: ['posts:read'], expires_at: 'tomorrow' },
    { name: 'x', scopes: ['posts:read'], key: 'cpk_mine' },
  ])
    t.match(await alice.post(KEYS, body), { status: 422 }, JSON.stringify(body))
  t.same((await alice.get(KEYS)).body.data, [])

  const bob = await as('bob')
  const { body } = await bob.post(KEYS, { name: 'x', scopes: ['posts:read'] })
  t.match(await alice.delete(`${KEYS}/${body.id}`), { status: 404 })
  t.equal((await bob.get(KEYS)).body.data.length, 1)
})

await test('a user has at most 50, also when they are asked for at once', async (t) => {
  const { alice } = await scene(t)
  const replies = []
  // In groups: on PostgreSQL so many at once as there are connections take turns, and more may be told to come again.
  for (let group = 0; group < 8; group++)
    replies.push(
      ...(await Promise.all(
        Array.from({ length: 8 }, () => alice.post(KEYS, { name: 'x', scopes: ['posts:read'] })),
      )),
    )
  t.equal(replies.filter(({ status }) => status === 201).length, 50)
  for (const reply of replies)
    if (reply.status !== 201) t.match(reply, { status: 409, body: { code: 'too_many_api_keys' } })
})

await test('a stream of events tells a key what it may read, and ends with it', async (t) => {
  const { backend, alice, make } = await scene(t)
  const { key, id } = await make(['events:read', 'posts:read'])
  const principal = await backend.apiKeyCheck.authenticate(key)
  const todo = { id: 1, type: 'todo.created', resourceId: 1, userId: alice.id, at: new Date() }
  const { createAudience } = await import('../../../src/domain/events/audience.ts')
  const { maySee } = createAudience(backend.resources)
  t.equal(maySee(principal, todo), false)
  t.equal(maySee(principal, { ...todo, type: 'post.created' }), true)
  t.equal(maySee(principal, { ...todo, type: 'book.created' }), false)

  const { createLiveness } = await import('../../../src/domain/events/liveness.ts')
  const living = createLiveness({ ...backend, rules: { sessionIdle: 60 } })
  t.same([...(await living([principal]))], [principal])
  await alice.delete(`${KEYS}/${id}`)
  t.same([...(await living([principal]))], [])
})
