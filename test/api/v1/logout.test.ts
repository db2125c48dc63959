import { test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf, DOORS, knock, refused } from './forge.ts'

const OUT = { status: 200, body: { message: 'Successfully logged out' } }

for (const method of ['POST', 'DELETE'] as const)
  for (const type of ['access', 'refresh'] as const)
    await test(`S38 ${method} /logout with the ${type} token ends the session at once`, async (t) => {
      const node = await start(t)
      const alice = await node.as('alice')
      const tokens = { access: alice.accessToken, refresh: alice.refreshToken }
      const other = await node.login('alice', alice.id)
      const bob = await node.as('bob')
      for (const client of [alice, other, bob])
        t.match(await client.get('/api/v1/me'), { status: 200 }, 'all tokens are remembered')

      const reply = await node.request(method, '/api/v1/logout', bearer(tokens[type]))
      t.match(reply, { ...OUT, headers: { 'cache-control': 'no-store' } })
      for (const door of DOORS)
        refused(t, await knock(node, door, tokens[door.type]), 'Token has been revoked', door.name)
      const todo = await alice.post('/api/v1/todos', { title: 'x' })
      refused(t, todo, 'Token has been revoked', 'no write')

      t.match(await other.get('/api/v1/me'), { status: 200 }, 'another session goes on')
      const { refreshToken } = other
      const renewed = await node.request('POST', '/api/v1/refresh', bearer(refreshToken))
      t.match(renewed, { status: 200 }, 'and is renewed')
      t.match(await bob.get('/api/v1/me'), { status: 200 })

      const { store } = node.backend
      const { tokenBlacklist, sessions } = store.tables
      const claims = claimsOf(tokens[type])
      const revoked = await store.query((q) => q.select().from(tokenBlacklist))
      t.match(revoked, [
        { jti: claims['jti'], tokenType: type, userId: alice.id, reason: 'logout' },
      ])
      t.equal(revoked.length, 1)
      t.equal(revoked[0]?.expiresAt.getTime(), Number(claims['exp']) * 1000)
      const rows = await store.query((q) => q.select().from(sessions))
      t.strictSame(
        rows.filter(({ endedAt }) => endedAt !== null).map(({ id }) => id),
        [claims['sid']],
      )
    })

await test('S38 the blacklist alone is enough: one token ends, its session goes on', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  t.match(await alice.get('/api/v1/me'), { status: 200 })
  const { store, clock } = node.backend
  const { tokenBlacklist } = store.tables
  const jti = String(claimsOf(alice.accessToken)['jti'])
  const revoke = store.define('test_revoke', (q) =>
    q.insert(tokenBlacklist).values({
      jti,
      tokenType: 'access',
      userId: alice.id,
      expiresAt: new Date(clock.now().getTime() + 900_000),
      revokedAt: clock.now(),
      reason: 'test',
    }),
  )
  await store.write(revoke)
  refused(t, await alice.get('/api/v1/me'), 'Token has been revoked', 'the one')
  const renewed = await node.request('POST', '/api/v1/refresh', bearer(alice.refreshToken))
  const next = bearer(renewed.body.access_token)
  t.match(await node.request('GET', '/api/v1/me', next), { status: 200 }, 'the next')
})

await test('logging out twice, also at once, ends one session once', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const replies = await Promise.all(Array.from({ length: 5 }, () => alice.post('/api/v1/logout')))
  const statuses = replies.map(({ status }) => String(status)).toSorted()
  t.strictSame(statuses, ['200', '401', '401', '401', '401'])
  refused(t, await alice.post('/api/v1/logout'), 'Token has been revoked', 'and once more')
  const { auditEvents } = node.backend.store.tables
  const events = await node.backend.store.query((q) => q.select().from(auditEvents))
  t.equal(events.filter(({ action }) => action === 'logout').length, 1)
})

await test('S40 a logout of someone who has just been deleted is a 401, not a fault', async (t) => {
  const { as, backend } = await start(t)
  const { id, delete: send, accessToken } = await as('alice')
  const principal = await backend.tokens.authenticate(accessToken, claimsOf(accessToken), [
    'access',
  ])
  t.match(await send(`/api/v1/users/${id}`), { status: 204 })
  const origin = { ip: '192.0.2.1', userAgent: undefined, requestId: 'r' }
  await t.rejects(backend.sessions.logout(principal, origin), { code: 'TOKEN_REVOKED' })
  await t.rejects(backend.sessions.refresh(principal), { code: 'TOKEN_REVOKED' })
})

await test('an expired session cannot be logged out, and what is unknown is named', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const named = await alice.post('/api/v1/logout', { everywhere: true })
  t.match(named, { status: 400, body: { message: /everywhere/ } })
  t.match(await alice.get('/api/v1/me'), { status: 200 }, 'nothing has happened')
  node.clock.advance(901)
  refused(t, await alice.post('/api/v1/logout'), 'Token has expired', 'access')
  t.match(await node.request('POST', '/api/v1/logout', bearer(alice.refreshToken)), OUT)
})
