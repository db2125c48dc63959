import { test } from 'tap'
import { start, type Started } from '../../helper.ts'
import { type Client, everything } from '../refusals.ts'

const ME = '/api/v2/me'
const PATCH = 'application/merge-patch+json'

const shown = async (client: Pick<Client, 'get'>) => (await client.get(ME)).body
const login = ({ request }: Started, identifier: string, password: string) =>
  request('POST', '/api/v2/auth/login', { body: { identifier, password } })

await test('an account shows its owner everything but its secrets', async (t) => {
  const { as, backend } = await start(t)
  const alice = await as('alice', 'moderator')
  const { createdAt, updatedAt } = await backend.accounts.find(alice.id)
  const reply = await alice.get(ME)
  t.strictSame(reply.body, {
    id: alice.id,
    username: 'alice',
    created_at: createdAt.toISOString(),
    email: null,
    pending_email: null,
    undeliverable: null,
    phone: null,
    role: 'moderator',
    status: 'active',
    must_change_password: false,
    updated_at: updatedAt.toISOString(),
  })
  t.match(reply, { status: 200, headers: { 'cache-control': 'no-store' } })
})

await test('a merge patch changes what it names, and null clears', async (t) => {
  const { as, backend, clock } = await start(t)
  const alice = await as('alice')
  const before = await shown(alice)
  clock.advance(2)
  const steps: Array<[patch: object, shows: object]> = [
    [{ phone: '+4915112345678' }, { phone: '+4915112345678' }],
    [{ username: 'Alice' }, { phone: '+4915112345678', username: 'Alice' }],
    [{ username: 'ａｌｉｃｅ' }, { phone: '+4915112345678', username: 'alice' }],
    [{ phone: null }, { phone: null }],
    [{ phone: null, username: 'alice' }, { phone: null }],
  ]
  for (const [i, [patch, shows]] of steps.entries()) {
    const headers = { 'content-type': i % 2 === 0 ? PATCH : 'application/json' }
    const reply = await alice.patch(ME, JSON.stringify(patch), { headers })
    const { updated_at } = reply.body
    t.equal(reply.status, 200, JSON.stringify(patch))
    t.strictSame(reply.body, { ...before, ...shows, updated_at })
    t.ok(updated_at > before.updated_at)
    t.strictSame(await shown(alice), reply.body)
    t.equal(reply.headers['etag'], (await alice.get(ME)).headers['etag'])
  }
  const named = { 'content-type': `${PATCH}; charset=utf-8` }
  t.match(await alice.patch(ME, '{"phone":"+123"}', { headers: named }), {
    body: { phone: '+123' },
  })
  const { auditEvents } = backend.store.tables
  const events = await backend.store.query((q) => q.select().from(auditEvents))
  const changes = events.filter(({ action }) => action === 'account.update')
  t.equal(changes.length, steps.length + 1, 'S77 each is in the trail')
  t.ok(changes.every(({ actorId, targetId }) => actorId === alice.id && targetId === `${alice.id}`))
})

await test('a new name is the one to log in with, and tokens stay good', async (t) => {
  const started = await start(t)
  const alice = await started.as('alice')
  await started.as('bob')
  t.match(await alice.patch(ME, { username: 'Ålice' }), { status: 200 })
  t.match(await shown(alice), { username: 'Ålice' })
  t.equal((await login(started, 'ÅLICE', alice.password)).status, 200)
  t.equal((await login(started, 'alice', alice.password)).status, 401)
  for (const username of ['bob', 'BOB', 'ｂｏｂ']) {
    const reply = await alice.patch(ME, { phone: '+123', username })
    t.match(reply, { status: 409, body: { code: 'username_taken' } }, username)
  }
  t.match(await shown(alice), { username: 'Ålice', phone: null }, 'all of it, or nothing')
})

await test('a new address waits for its owner, and the present one stays', async (t) => {
  const started = await start(t)
  const { as, backend } = started
  const alice = await as('alice')
  const present = 'alice@example.com'
  await alice.put(`/api/v1/users/${alice.id}`, { email: present })
  const patch = async (email: string | null) => {
    const { status, body } = await alice.patch(ME, { email })
    t.equal(status, 200, String(email))
    t.strictSame(await shown(alice), body)
    return { email: body.email, pending_email: body.pending_email }
  }
  const next = 'next@example.com'
  t.strictSame(await patch(next), { email: present, pending_email: next })
  t.equal((await login(started, present, alice.password)).status, 200)
  t.equal((await login(started, next, alice.password)).status, 401, 'nobody logs in with it')
  t.strictSame(await patch('last@example.com'), {
    email: present,
    pending_email: 'last@example.com',
  })
  await alice.patch(ME, { phone: '+123' })
  t.match(await shown(alice), { pending_email: 'last@example.com' }, 'it goes on waiting')
  t.strictSame(await patch(present), { email: present, pending_email: null }, 'given up')
  t.strictSame(await patch(next), { email: present, pending_email: next })
  t.strictSame(await patch('ALICE@example.com'), {
    email: 'ALICE@example.com',
    pending_email: null,
  })
  t.strictSame(await patch(next), { email: 'ALICE@example.com', pending_email: next })
  t.strictSame(await patch(null), { email: null, pending_email: null }, 'null clears both')
  t.strictSame(await patch(next), { email: null, pending_email: next })
  t.strictSame(await patch(null), { email: null, pending_email: null })
  t.match(await backend.accounts.find(alice.id), { email: undefined, pendingEmail: undefined })
  const bob = await as('bob')
  await bob.put(`/api/v1/users/${bob.id}`, { email: present })
  t.match(await bob.get('/api/v1/me'), { body: { email: present } }, 'the address is free again')
})

await test('S16 nobody finds out by a change whether an address has an account', async (t) => {
  const { as, backend } = await start(t)
  const owner = await as('owner')
  const taken = 'taken@example.com'
  await owner.put(`/api/v1/users/${owner.id}`, { email: taken })
  const before = await backend.accounts.find(owner.id)
  const seen = []
  for (const [i, email] of [taken, 'TAKEN@Example.com', 'freed@example.com'].entries()) {
    const alice = await as(`alice-${i}`)
    const { status, headers, body } = await alice.patch(ME, { email })
    t.equal(body.pending_email, email)
    seen.push([status, headers['etag'], headers['content-length'], Object.keys(body), body.email])
  }
  t.strictSame(seen[0], seen[2])
  t.strictSame(seen[1], seen[2])
  t.strictSame(await backend.accounts.find(owner.id), before, 'its owner keeps it')
})

await test('S78 a deleted account takes all it owns with it, and is out at once', async (t) => {
  const started = await start(t)
  const { as, backend, request } = started
  const alice = await as('alice')
  const bob = await as('bob')
  const elsewhere = await started.login('alice', alice.id)
  for (const client of [alice, bob]) {
    await client.post('/api/v1/posts', { title: 'a', content: 'b' })
    await client.post('/api/v1/todos', { title: 'a' })
    await client.post('/api/v1/books', { title: 'a', author: 'b' })
  }
  const reply = await alice.delete(ME)
  t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
  for (const client of [alice, elsewhere]) {
    const gone = { status: 401, body: { code: 'token_revoked' } }
    t.match(await client.get(ME), gone)
    t.match(await client.delete(ME), gone, 'a second time')
    const body = { refresh_token: client.refreshToken }
    t.match(await request('POST', '/api/v2/auth/refresh', { body }), gone)
  }
  t.equal((await login(started, 'alice', alice.password)).status, 401)
  t.equal((await request('GET', `/api/v2/users/${alice.id}`)).status, 404)
  const { users, sessions, posts, todos, books } = await everything(backend)
  t.strictSame(
    [users.map(({ id }) => id), posts.length, todos.length, books.length],
    [[bob.id], 1, 1, 1],
  )
  t.ok(sessions.every(({ userId }) => userId === bob.id))
  const { auditEvents } = backend.store.tables
  const events = await backend.store.query((q) => q.select().from(auditEvents))
  const theirs = events.filter(({ actorId }) => actorId === alice.id)
  t.match(theirs.at(-1), { action: 'account.delete', outcome: 'success', targetId: `${alice.id}` })
  t.ok(
    theirs.every(({ ip, userAgent }) => ip === null && userAgent === null),
    'and no address',
  )
})

await test('what needs a fresh session asks for one, and a confirmation makes it fresh', async (t) => {
  const { as, backend, clock, request } = await start(t)
  const alice = await as('alice')
  clock.advance(15 * 60 + 1)
  const { body: pair } = await request('POST', '/api/v2/auth/refresh', {
    body: { refresh_token: alice.refreshToken },
  })
  const headers = { authorization: `Bearer ${pair.access_token}` }
  const send = (method: string, url: string, body?: object) =>
    request(method, url, { headers, ...(body && { body }) })
  const before = await everything(backend)
  const stale = { status: 403, body: { code: 'fresh_login_required' } }
  for (const [method, body] of [
    ['DELETE', undefined],
    ['PATCH', { email: 'a@example.com' }],
    ['PATCH', { email: null }],
    ['PATCH', { phone: '+123', email: 'a@example.com' }],
  ] as const) {
    const reply = await send(method, ME, body)
    t.match(reply, stale, `${method} ${JSON.stringify(body)}`)
    t.notOk(reply.headers['www-authenticate'], 'no scope is missing')
  }
  t.strictSame(await everything(backend), before)
  t.match(await send('PATCH', ME, { phone: '+123', username: 'alicia' }), { status: 200 })
  t.match(await send('POST', '/api/v2/auth/reauthenticate', { password: 'wrong' }), { status: 403 })
  t.match(await send('PATCH', ME, { email: null }), stale)
  await send('POST', '/api/v2/auth/reauthenticate', { password: alice.password })
  clock.advance(14 * 60)
  t.match(await send('PATCH', ME, { email: 'a@example.com' }), { status: 200 })
  t.equal((await send('DELETE', ME)).status, 204)
})

await test('S40 whoever acts while their account is deleted is told that their token is spent', async (t) => {
  const { as, backend } = await start(t)
  for (let round = 0; round < 5; round++) {
    const alice = await as(`alice-${round}`)
    const replies = await Promise.all([
      alice.delete(ME),
      ...Array.from({ length: 4 }, (_, i) => [
        alice.patch(ME, { phone: `+1${i}0` }),
        alice.get(ME),
        alice.delete(ME),
      ]).flat(),
    ])
    t.equal(replies.filter(({ status }) => status === 204).length, 1)
    for (const { status, body } of replies)
      if (status > 204) t.match({ status, body }, { status: 401, body: { code: 'token_revoked' } })
    const origin = { ip: '', userAgent: '', requestId: '' }
    const actor = { ...alice, role: 'user', sessionId: '', origin } as const
    const spent = { code: 'TOKEN_REVOKED' }
    await t.rejects(backend.accounts.findOwn(actor), spent, 'whose token was checked before')
    await t.rejects(backend.accounts.update(actor, alice.id, { phone: null }), spent)
    await t.rejects(backend.accounts.remove(actor, alice.id), spent)
  }
})
