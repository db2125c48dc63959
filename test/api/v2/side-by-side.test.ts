import { test, type Test } from 'tap'
import { type Reply, start } from '../../helper.ts'
import { bearer, claimsOf } from '../v1/forge.ts'
import {
  events,
  join,
  me,
  type Node,
  openSessions,
  refresh,
  refused,
  renew,
  tokensOf,
} from './session.ts'

const plainRefresh = ({ request }: Node, token: string) =>
  request('POST', '/api/v1/refresh', { body: { refresh_token: token } })
const refusedByV1 = (t: Test, reply: Reply, message: string) =>
  t.match(reply, { status: 401, body: { error: 'Unauthorized', message } }, message)

await test('a token of one version is as good in the other', async (t) => {
  const node = await start(t)
  const modern = await join(node, 'alice')
  const plain = await node.as('bob')
  for (const [access, id, username] of [
    [modern.access, modern.id, 'alice'],
    [plain.accessToken, plain.id, 'bob'],
  ] as const) {
    for (const version of [1, 2])
      t.match(await me(node, access, version), { status: 200, body: { id } })
    const reply = await node.request('GET', '/api/v1/protected', bearer(access))
    t.match(reply, { body: { logged_in_as: username } })
    const todo = await node.request('POST', '/api/v1/todos', {
      ...bearer(access),
      body: { title: 'x' },
    })
    t.match(todo, { status: 201, body: { user_id: id } })
    const list = await node.request('GET', '/api/v2/auth/sessions', bearer(access))
    t.match(list, { status: 200, body: { data: [{ current: true }] } })
  }
})

await test('v1 does not refresh with the token of v2, which is none the worse for it', async (t) => {
  const node = await start(t)
  const alice = await join(node, 'alice')
  const sends = [bearer(alice.refresh), { body: { refresh_token: alice.refresh } }]
  for (const send of sends)
    refusedByV1(t, await node.request('POST', '/api/v1/refresh', send), 'Invalid token type')
  t.match(await tokensOf(node, alice.sid), [{ usedAt: null }])
  const next = await renew(node, alice.refresh)
  refusedByV1(t, await plainRefresh(node, next.refresh), 'Invalid token type')
  refusedByV1(t, await plainRefresh(node, alice.refresh), 'Token has been revoked')
  t.match(await me(node, next.access), { status: 200 }, 'so soon a spent one is no reuse')
  t.strictSame(await events(node, 'refresh.reuse'), [])
})

await test('v2 refreshes with the token of v1, which is spent, and its session rotates from then on', async (t) => {
  const node = await start(t)
  const plain = await node.as('alice')
  const renewed = (await plainRefresh(node, plain.refreshToken)).body.access_token
  const other = await node.login('alice', plain.id)
  const sid = String(claimsOf(plain.refreshToken)['sid'])

  const reply = await refresh(node, plain.refreshToken)
  t.match(reply, { status: 200, body: { session_id: sid, transport: 'body' } })
  t.equal((await refresh(node, plain.refreshToken)).text, reply.text, 'S34 as for any other')
  const next = await renew(node, reply.body.refresh_token)
  refusedByV1(t, await plainRefresh(node, next.refresh), 'Invalid token type')
  refusedByV1(t, await plainRefresh(node, reply.body.refresh_token), 'Token has been revoked')
  for (const access of [plain.accessToken, renewed, reply.body.access_token, next.access])
    t.match(await me(node, access, 1), { status: 200 }, 'all its access tokens live on')
  t.match(
    await plainRefresh(node, other.refreshToken),
    { status: 200 },
    'the other session is of v1',
  )

  const spent = await plainRefresh(node, plain.refreshToken)
  refusedByV1(t, spent, 'Refresh token has been used before')
  t.equal((await events(node, 'refresh.reuse')).length, 1, 'S32 S88 in v1, too')
  refused(t, await me(node, next.access), 401, 'token_revoked')
  const open = await openSessions(node, plain.id)
  t.strictSame(open, [String(claimsOf(other.refreshToken)['sid'])])
})

await test('refreshes of one token through both versions at once leave one live token', async (t) => {
  const node = await start(t)
  for (let i = 0; i < 5; i++) {
    const plain = await node.as(`user-${i}`)
    const sid = String(claimsOf(plain.refreshToken)['sid'])
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        n % 2 === 0 ? plainRefresh(node, plain.refreshToken) : refresh(node, plain.refreshToken),
      ),
    )
    const modern = replies.filter((_, n) => n % 2 === 1)
    t.strictSame(
      modern.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    t.equal(new Set(modern.map(({ text }) => text)).size, 1)
    for (const reply of replies) {
      t.match(reply.status, /200|401/)
      if (reply.status === 200)
        t.match(
          await me(node, reply.body.access_token),
          { status: 200 },
          'every one that was given',
        )
      else t.match(reply.body.message, /^(Invalid token type|Token has been revoked)$/)
    }
    const kept = await tokensOf(node, sid)
    const live = kept.filter(({ usedAt }) => usedAt === null).map(({ jti }) => jti)
    t.strictSame(live, [claimsOf(modern[0]?.body.refresh_token)['jti']])
    refusedByV1(t, await plainRefresh(node, plain.refreshToken), 'Token has been revoked')
    t.match(await refresh(node, modern[0]?.body.refresh_token), { status: 200 })
  }
  t.strictSame(await events(node, 'refresh.reuse'), [])
})

await test('S38 v1 logs out a session of v2, by either of its tokens', async (t) => {
  const node = await start(t)
  for (const [method, type] of [
    ['POST', 'refresh'],
    ['DELETE', 'refresh'],
    ['POST', 'access'],
  ] as const) {
    const user = await join(node, `${method}-${type}`)
    const next = await renew(node, user.refresh)
    const reply = await node.request(method, '/api/v1/logout', bearer(next[type]))
    t.match(reply, { status: 200, body: { message: 'Successfully logged out' } })
    for (const { access, refresh: token } of [user, next]) {
      refused(t, await me(node, access), 401, 'token_revoked')
      refused(t, await refresh(node, token), 401, 'token_revoked')
    }
    t.strictSame(await openSessions(node, user.id), [])
  }
  t.strictSame(await events(node, 'refresh.reuse'), [])
})

await test('S38 v2 logs out a session of v1', async (t) => {
  const node = await start(t)
  const plain = await node.as('alice')
  t.match(await plain.post('/api/v2/auth/logout'), { status: 204 })
  refusedByV1(t, await plain.get('/api/v1/me'), 'Token has been revoked')
  refusedByV1(t, await plainRefresh(node, plain.refreshToken), 'Token has been revoked')
})
