import { test, type Test } from 'tap'
import { asc } from '../../../src/db/drizzle.ts'
import { start } from '../../helper.ts'
import { type Client, everything } from '../refusals.ts'

const profileOf = ({ id }: Pick<Client, 'id'>) => `/api/v2/users/${id}`

async function open(t: Test) {
  const started = await start(t)
  const { store } = started.backend
  const { auditEvents } = store.tables
  let seen = 0
  /** What has been written since the last call. */
  async function events() {
    const rows = await store.query((q) => q.select().from(auditEvents).orderBy(asc(auditEvents.id)))
    const fresh = rows.slice(seen)
    seen = rows.length
    return fresh.map(({ action, outcome, actorId, targetType, targetId, ip }) =>
      [action, outcome, actorId, targetType, targetId, ip].join(' '),
    )
  }
  const boss = await started.as('boss', 'admin')
  const login = (identifier: string, password: string) =>
    started.request('POST', '/api/v2/auth/login', { body: { identifier, password } })
  return { ...started, boss, events, enter: login }
}

await test('S49 a profile shows everyone what is public, and admins the account', async (t) => {
  const { as, boss, request } = await open(t)
  const alice = await as('alice')
  const mod = await as('mod', 'moderator')
  await alice.put(`/api/v1/users/${alice.id}`, { email: 'alice@example.com', phone: '+123' })
  await alice.patch('/api/v2/me', { email: 'next@example.com' })
  const mine = (await alice.get('/api/v2/me')).body
  const { id, username, created_at } = mine
  for (const reply of [
    await request('GET', profileOf(alice)),
    await alice.get(profileOf(alice)),
    await mod.get(profileOf(alice)),
  ])
    t.strictSame([reply.status, reply.body], [200, { id, username, created_at }])
  t.strictSame((await boss.get(profileOf(alice))).body, mine)
  t.match(mine, { email: 'alice@example.com', pending_email: 'next@example.com', phone: '+123' })
})

await test('S50 no reply about an account holds what its row holds beside it', async (t) => {
  const { as, backend, boss, request } = await open(t)
  const alice = await as('alice')
  const { users } = await everything(backend)
  const hidden = users.flatMap((row) => [row.passwordHash, row.passwordSecret])
  const replies = [
    await request('GET', profileOf(alice)),
    await boss.get(profileOf(alice)),
    await boss.patch(profileOf(alice), { role: 'user' }),
    await alice.get('/api/v2/me'),
    await alice.patch('/api/v2/me', { phone: '+123' }),
  ]
  for (const { status, text, headers } of replies) {
    t.equal(status, 200)
    const shown = text + JSON.stringify(headers)
    t.notMatch(shown, /bcrypt|\$2[aby]\$|(?<!must_change_)password|secret|_key|revision/i)
    for (const secret of hidden) t.notOk(shown.includes(secret))
  }
})

await test('S41 a role that an admin gives or takes counts from the next request on', async (t) => {
  const { as, boss, events } = await open(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const { id } = (await alice.post('/api/v1/posts', { title: 'a', content: 'b' })).body
  const moderates = async () => {
    const { status } = await bob.put(`/api/v1/posts/${id}`, { title: 'moderated' })
    return status === 200
  }
  const administers = async () => {
    const { status } = await bob.patch(profileOf(alice), { status: 'active' })
    return status === 200
  }
  const steps = [
    ['user', false, false],
    ['moderator', true, false],
    ['admin', true, true],
    ['user', false, false],
  ] as const
  for (const [role, moderating, administering] of steps) {
    await events()
    const reply = await boss.patch(profileOf(bob), { role })
    t.match(reply, { status: 200, body: { id: bob.id, username: 'bob', role, status: 'active' } })
    t.strictSame(await events(), [`role.change success ${boss.id} user ${bob.id} 127.0.0.1`])
    t.strictSame([await moderates(), await administers()], [moderating, administering], role)
    t.match(await bob.get('/api/v2/me'), { body: { role } }, 'with the token from before')
  }
  await as('another', 'admin')
  t.match(await boss.patch(profileOf(boss), { role: 'user' }), { status: 200 }, 'also their own')
  t.match(await boss.patch(profileOf(boss), { role: 'admin' }), {
    status: 403,
    body: { code: 'insufficient_role' },
  })
})

await test('S40 S42 an admin ends all sessions of a user by suspending them, at once', async (t) => {
  const { as, backend, boss, enter, events, login, request } = await open(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const elsewhere = await login('alice', alice.id)
  const { body: modern } = await enter('alice', alice.password)
  const tokens = [
    [alice.accessToken, alice.refreshToken],
    [elsewhere.accessToken, elsewhere.refreshToken],
    [String(modern.access_token), String(modern.refresh_token)],
  ] as const
  const alive = async () => {
    const statuses = new Set<number>()
    for (const [access, refresh] of tokens) {
      const headers = { authorization: `Bearer ${access}` }
      for (const url of ['/api/v1/me', '/api/v2/me', '/api/v2/users'])
        statuses.add((await request('GET', url, { headers })).status)
      const body = { refresh_token: refresh }
      if (statuses.has(401)) {
        statuses.add((await request('POST', '/api/v1/refresh', { body })).status)
        statuses.add((await request('POST', '/api/v2/auth/refresh', { body })).status)
      }
    }
    return [...statuses]
  }
  t.strictSame(await alive(), [200])
  await events()
  const suspended = await boss.patch(profileOf(alice), { status: 'suspended' })
  t.match(suspended, { status: 200, body: { status: 'suspended', role: 'user' } })
  t.strictSame(await events(), [`status.change success ${boss.id} user ${alice.id} 127.0.0.1`])
  t.strictSame(await alive(), [401])
  const { sessions } = await everything(backend)
  t.ok(sessions.filter(({ userId }) => userId === alice.id).every(({ endedAt }) => endedAt))
  const unknown = await enter('nobody', alice.password)
  const refused = await enter('alice', alice.password)
  t.strictSame(
    [refused.status, { ...refused.body, request_id: '' }],
    [401, { ...unknown.body, request_id: '' }],
    'S10 as if there were no such account',
  )
  t.match(await bob.get('/api/v2/me'), { status: 200 }, 'nobody else is concerned')
  t.match(await request('GET', profileOf(alice)), { status: 200 }, 'their profile stays')

  t.match(await boss.patch(profileOf(alice), { status: 'active' }), { body: { status: 'active' } })
  t.strictSame(await alive(), [401], 'what has ended stays ended')
  t.equal((await enter('alice', alice.password)).status, 200)
})

await test('role and status change together or not at all', async (t) => {
  const { as, backend, boss, events } = await open(t)
  const alice = await as('alice')
  await events()
  const both = { role: 'moderator', status: 'suspended' }
  const headers = { 'content-type': 'application/merge-patch+json' }
  const before = await backend.accounts.find(alice.id)
  const reply = await boss.patch(profileOf(alice), JSON.stringify(both), { headers })
  t.match(reply, { status: 200, body: both })
  t.match(await backend.accounts.find(alice.id), { ...both, revision: before.revision + 1 })
  t.strictSame(await events(), [
    `role.change success ${boss.id} user ${alice.id} 127.0.0.1`,
    `status.change success ${boss.id} user ${alice.id} 127.0.0.1`,
  ])
})

await test('S77 an admin deletes an account with all it owns, and the trail says who did', async (t) => {
  const { as, backend, boss, events } = await open(t)
  const alice = await as('alice')
  await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  await alice.post('/api/v1/todos', { title: 'a' })
  await events()
  const reply = await boss.delete(profileOf(alice))
  t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
  t.strictSame(await events(), [`account.delete success ${boss.id} user ${alice.id} 127.0.0.1`])
  t.match(await alice.get('/api/v2/me'), { status: 401, body: { code: 'token_revoked' } })
  t.match(await boss.get(profileOf(alice)), { status: 404, body: { code: 'not_found' } })
  t.match(await boss.delete(profileOf(alice)), { status: 404, body: { code: 'not_found' } })
  const { users, posts, todos } = await everything(backend)
  t.strictSame([users.map(({ id }) => id), posts, todos], [[boss.id], [], []])
})

await test('S77 who is refused is in the trail, who asks for nobody is not', async (t) => {
  const { as, events } = await open(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const mod = await as('mod', 'moderator')
  await events()
  for (const by of [bob, mod, alice])
    for (const [method, body] of [['PATCH', { role: 'admin' }], ['DELETE']] as const) {
      const absent = await by.send(method, '/api/v2/users/2147483647', body)
      t.match(absent, { status: 404, body: { code: 'not_found' } })
      t.strictSame(await events(), [])
      const reply = await by.send(method, profileOf(alice), body)
      t.match(reply, { status: 403, body: { code: 'insufficient_role' } })
      t.strictSame(await events(), [`access.denied denied ${by.id} user ${alice.id} 127.0.0.1`])
    }
})
