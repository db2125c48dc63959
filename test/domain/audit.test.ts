import { test, type Test } from 'tap'
import { start } from '../helper.ts'

const AGENT = 'a browser of some kind'
const headers = { 'user-agent': AGENT, 'x-request-id': 'the-request' }

async function open(t: Test) {
  const node = await start(t)
  const { store } = node.backend
  const { auditEvents } = store.tables
  let seen = 0
  /** What has been written since the last call. */
  const events = async () => {
    const rows = await store.query((q) => q.select().from(auditEvents).orderBy(auditEvents.id))
    const fresh = rows.slice(seen)
    seen = rows.length
    return fresh
  }
  return { ...node, store, events }
}
const from = { ip: '127.0.0.1', userAgent: AGENT, requestId: 'the-request' }

await test('S77 registering, logging in and out leave a trail: who, what, when, from where', async (t) => {
  const { request, backend, events, clock } = await open(t)
  const body = { username: 'alice', password: 'a quiet place to write' }
  const before = clock.now()
  await request('POST', '/api/v1/users', { body, headers })
  const { id: actorId } = await backend.accounts.findByName('alice')
  const [registered, ...more] = await events()
  t.strictSame(more, [], 'one event per act')
  const target = { targetType: 'user', targetId: String(actorId) }
  t.match(registered, { action: 'register', outcome: 'success', actorId, ...target, ...from })
  t.ok(registered && registered.at >= before && registered.at <= clock.now())

  const { body: pair } = await request('POST', '/api/v1/login', { body, headers })
  const session = { targetType: 'session', targetId: /^[\w-]{22}$/ }
  t.match(await events(), [{ action: 'login', outcome: 'success', actorId, ...session, ...from }])
  const authorization = `Bearer ${pair.access_token}`
  await request('POST', '/api/v1/logout', { headers: { ...headers, authorization } })
  t.match(await events(), [{ action: 'logout', outcome: 'success', actorId, ...session, ...from }])

  const login = (username: string, password: string) =>
    request('POST', '/api/v1/login', { body: { username, password }, headers })
  const failure = { action: 'login', outcome: 'failure', actorId: null, ...from }
  await login('alice', 'a wrong password')
  t.match(await events(), [{ ...failure, ...target }])
  await login('nobody', 'a wrong password')
  const [unknown, ...none] = await events()
  t.match(unknown, { ...failure, targetType: null, targetId: null })
  t.strictSame(none, [])
  const trail = JSON.stringify([unknown, registered])
  t.notMatch(trail, /a wrong password|a quiet place|nobody/, 'what was typed is not kept')
})

await test('S77 what operators do to an account is in the trail', async (t) => {
  const { backend, events } = await open(t)
  const password = 'a quiet place to write'
  const { id } = await backend.accounts.register({ username: 'alice', password })
  await events()
  await backend.accounts.setRole(id, 'admin')
  await backend.accounts.setStatus(id, 'suspended', { force: true })
  await backend.accounts.setStatus(id, 'active')
  await backend.accounts.setPassword(id, 'another place to write')
  const target = { targetType: 'user', targetId: String(id), outcome: 'success', ip: null }
  t.match(await events(), [
    { action: 'role.change', ...target },
    { action: 'status.change', ...target },
    { action: 'status.change', ...target },
    { action: 'password.change', ...target },
  ])
  await t.rejects(backend.accounts.setRole(99, 'admin'))
  await t.rejects(backend.accounts.setPassword(id, 'short'))
  t.strictSame(await events(), [], 'what did not happen is not')
})

await test('S77 who reaches for what is not theirs is in the trail', async (t) => {
  const { as, events } = await open(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  const todo = await alice.post('/api/v1/todos', { title: 'x' })
  const post = await alice.post('/api/v1/posts', { title: 'x', content: 'x' })
  const book = await alice.post('/api/v1/books', { title: 'x', author: 'x' })
  await events()
  const body = { title: 'theirs', author: 'x' }
  const tries: Array<[string, string, string, unknown?]> = [
    ['todo', 'GET', String(todo.headers['location'])],
    ['todo', 'DELETE', String(todo.headers['location'])],
    ['post', 'PUT', String(post.headers['location']), { title: 'theirs' }],
    ['book', 'PUT', String(book.headers['location']), body],
    ['user', 'DELETE', `/api/v1/users/${alice.id}`],
    ['user', 'PUT', `/api/v1/users/${alice.id}`, { phone: null }],
  ]
  for (const [targetType, method, url, sent] of tries) {
    t.match(await bob.send(method, url, sent, { headers }), { status: 403 }, `${method} ${url}`)
    const id = url.split('/').at(-1)
    const denied = { action: 'access.denied', outcome: 'denied', actorId: bob.id }
    const [event, ...more] = await events()
    t.match(event, { ...denied, targetType, targetId: id, ...from }, `${method} ${url}`)
    t.strictSame(more, [])
  }
})

await test('S77 S78 S88 of a deleted account the trail keeps what and when, and from where it was refused', async (t) => {
  const { as, events, store, request } = await open(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  await alice.put(`/api/v1/users/${alice.id}`, { phone: '+4915112345678' }, { headers })
  await bob.put(`/api/v1/users/${bob.id}`, { phone: '+4915112345678' }, { headers })
  const wrong = { username: 'alice', password: 'not her password' }
  await request('POST', '/api/v1/login', { body: wrong, headers })
  t.match(await alice.delete(`/api/v1/users/${bob.id}`, undefined, { headers }), { status: 403 })
  const before = await events()
  t.match(await alice.delete(`/api/v1/users/${alice.id}`, undefined, { headers }), { status: 204 })
  const { auditEvents } = store.tables
  const after = await store.query((q) => q.select().from(auditEvents).orderBy(auditEvents.id))
  const own = after.filter(({ actorId }) => actorId === alice.id)
  t.strictSame(
    own.map(({ action }) => action),
    ['register', 'login', 'account.update', 'access.denied', 'account.delete'],
  )
  for (const { action, outcome, ip, userAgent } of own)
    if (outcome === 'success') t.strictSame([action, ip, userAgent], [action, null, null])
    else t.match([action, ip, userAgent], ['access.denied', '127.0.0.1', AGENT])
  const guesses = after.filter(
    ({ targetType, targetId }) => `${targetType} ${targetId}` === `user ${alice.id}`,
  )
  const guess = guesses.find(({ outcome }) => outcome === 'failure')
  t.match(guess, { action: 'login', ip: '127.0.0.1', userAgent: AGENT }, 'who guessed')
  const others = after.filter(({ actorId }) => actorId === bob.id)
  t.strictSame(
    others,
    before.filter(({ actorId }) => actorId === bob.id),
    'of others, everything',
  )
  t.ok(others.some(({ userAgent }) => userAgent === AGENT))
  t.match(await request('GET', `/api/v1/users/${alice.id}`), { status: 404 })
})

await test('an act and its event are one: neither is there without the other', async (t) => {
  const { backend, events, store } = await open(t)
  const { id } = await backend.accounts.register({
    username: 'alice',
    password: 'a quiet place to write',
  })
  await events()
  const body = store.transaction(function* (tx) {
    yield* backend.audit.within(tx, { action: 'login', outcome: 'success', actorId: id })
    throw new Error('the rest failed')
  })
  await t.rejects(body, { message: 'the rest failed' })
  t.strictSame(await events(), [])
})
