import { eq } from '../../../src/db/drizzle.ts'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf, DOORS, knock, refused } from './forge.ts'

const DAY = 86_400
const [, , BY_HEADER, BY_BODY] = DOORS
if (!BY_HEADER || !BY_BODY) throw new Error('the doors have moved')
const WAYS = [BY_HEADER, BY_BODY]

await test('a refresh gives a new access token, and its token stays good', async (t) => {
  const node = await start(t)
  const { accessToken, refreshToken, id } = await node.as('alice')
  const seen = new Set([accessToken])
  for (const way of [...WAYS, ...WAYS]) {
    const reply = await knock(node, way, refreshToken)
    t.match(reply, { status: 200, headers: { 'cache-control': 'no-store' } })
    t.strictSame(Object.keys(reply.body).toSorted(), ['access_token', 'expires_in', 'token_type'])
    t.match(reply.body, { token_type: 'Bearer', expires_in: 900 })
    const token: string = reply.body.access_token
    t.match(claimsOf(token), { sub: String(id), sid: claimsOf(refreshToken)['sid'] })
    t.notOk(seen.has(token), 'a token of its own')
    seen.add(token)
  }
  for (const token of seen)
    t.match(await node.request('GET', '/api/v1/me', bearer(token)), { body: { id } })
})

await test('a refresh needs a refresh token', async (t) => {
  const node = await start(t)
  const { accessToken, refreshToken } = await node.as('alice')
  for (const way of WAYS)
    refused(t, await knock(node, way, accessToken), 'Invalid token type', way.name)
  const missing = { status: 401, body: { message: 'Missing token' } }
  t.match(await node.request('POST', '/api/v1/refresh'), missing)
  t.match(await node.request('POST', '/api/v1/refresh', { body: {} }), missing)
  for (const token of [5, null, true, [refreshToken], { token: refreshToken }]) {
    const reply = await node.request('POST', '/api/v1/refresh', { body: { refresh_token: token } })
    t.match(reply, { status: 400, body: { message: /refresh_token/ } }, JSON.stringify(token))
  }
  const unknown = { body: { refresh_token: refreshToken, scope: 'all' } }
  const reply = await node.request('POST', '/api/v1/refresh', unknown)
  t.match(reply, { status: 400, body: { message: /scope/ } }, 'an unknown member is named')
  const both = { ...bearer('nonsense'), body: { refresh_token: refreshToken } }
  t.match(
    await node.request('POST', '/api/v1/refresh', both),
    { status: 200 },
    'the body goes first',
  )
  const bad = await node.request('POST', '/api/v1/refresh', {
    ...bearer(refreshToken),
    body: { refresh_token: 'nonsense' },
  })
  refused(t, bad, 'Invalid token', 'a bad body is not made good by the header')
})

await test('S35 a session that is not refreshed for 7 days is over', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  for (let week = 0; week < 3; week++) {
    node.clock.advance(7 * DAY - 60)
    t.match(await knock(node, BY_HEADER, alice.refreshToken), { status: 200 }, `week ${week}`)
  }
  node.clock.advance(7 * DAY)
  for (const way of WAYS)
    refused(t, await knock(node, way, alice.refreshToken), 'Refresh token has expired', way.name)
})

await test('S35 looking at a refresh token is not using it', async (t) => {
  const node = await start(t)
  const { refreshToken } = await node.as('alice')
  // The token is checked, then the body is refused: the session was not used.
  const look = () =>
    node.request('POST', '/api/v1/logout', { ...bearer(refreshToken), body: { no: 'such member' } })
  node.clock.advance(7 * DAY - 60)
  t.match(await look(), { status: 400 })
  t.match(await look(), { status: 400 })
  node.clock.advance(120)
  for (const door of DOORS.filter(({ type }) => type === 'refresh'))
    refused(t, await knock(node, door, refreshToken), 'Refresh token has expired', door.name)
})

await test('S35 a session is over after 30 days, however often it is refreshed', async (t) => {
  const node = await start(t)
  const { refreshToken } = await node.as('alice')
  for (let day = 5; day < 30; day += 5) {
    node.clock.advance(5 * DAY)
    t.match(await knock(node, BY_BODY, refreshToken), { status: 200 }, `day ${day}`)
  }
  node.clock.advance(5 * DAY - 60)
  const last = await knock(node, BY_BODY, refreshToken)
  t.ok(last.body.expires_in <= 60, 'no access token outlives its session')
  const late = bearer(last.body.access_token)
  t.match(await node.request('GET', '/api/v1/me', late), { status: 200 })
  node.clock.advance(61)
  for (const way of WAYS)
    refused(t, await knock(node, way, refreshToken), 'Refresh token has expired', way.name)
  refused(t, await node.request('GET', '/api/v1/me', late), 'Token has expired', 'access')
})

await test('S20 an access token is good for 15 minutes to the second', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  t.match(await alice.get('/api/v1/me'), { status: 200 }, 'so that it is remembered')
  node.clock.advance(895)
  t.match(await alice.get('/api/v1/me'), { status: 200 })
  node.clock.advance(5)
  refused(t, await alice.get('/api/v1/me'), 'Token has expired', 'a remembered one')
  refused(t, await alice.get('/api/v1/partially-protected'), 'Token has expired', 'optional')
  t.match(await knock(node, BY_HEADER, alice.refreshToken), { status: 200 }, 'and is renewed')
})

await test('S26 shorter lifetimes hold for the tokens that are there', async (t) => {
  const before = await start(t)
  const { accessToken } = await before.as('alice')
  const { databaseUrl, clock } = before
  const env = { JWT_ACCESS_TOKEN_EXPIRES: '60' }
  const after = await start(t, { databaseUrl, clock, env })
  const look = () => after.request('GET', '/api/v1/me', bearer(accessToken))
  t.match(await look(), { status: 200 })
  clock.advance(61)
  refused(t, await look(), 'Token has expired', 'also when it is remembered')
})

await test('S33 twenty refreshes at once all succeed in v1', async (t) => {
  const node = await start(t)
  const { refreshToken } = await node.as('alice')
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, i) => knock(node, WAYS[i % 2] ?? BY_BODY, refreshToken)),
  )
  t.ok(replies.every(({ status }) => status === 200))
  t.equal(new Set(replies.map(({ body }) => body.access_token)).size, 20)
})

await test('a rotating session is not refreshed here: its token is of another type', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const { store } = node.backend
  const { sessions } = store.tables
  const sid = String(claimsOf(alice.refreshToken)['sid'])
  const rotate = store.define('test_rotate', (q) =>
    q.update(sessions).set({ rotating: true }).where(eq(sessions.id, sid)),
  )
  await store.write(rotate)
  for (const way of WAYS)
    refused(t, await knock(node, way, alice.refreshToken), 'Invalid token type', way.name)
  t.match(await alice.get('/api/v1/me'), { status: 200 }, 'its access token is as good as any')
})

await test('S38 S40 a refresh after the session has ended is refused', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  t.match(await alice.post('/api/v1/logout'), { status: 200 })
  const bob = await node.as('bob')
  t.match(await bob.delete(`/api/v1/users/${bob.id}`), { status: 204 })
  for (const { refreshToken, username } of [alice, bob])
    for (const way of WAYS)
      refused(
        t,
        await knock(node, way, refreshToken),
        'Token has been revoked',
        `${username} ${way.name}`,
      )
})
