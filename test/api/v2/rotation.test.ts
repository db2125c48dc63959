import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf } from '../v1/forge.ts'
import {
  enter,
  events,
  join,
  me,
  type Node,
  openSessions,
  refresh,
  refused,
  renew,
  type Session,
  stillClock,
  tokensOf,
} from './session.ts'

const open = async (t: Test) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  return { node, clock, alice: await join(node, 'alice') }
}

/** Nothing that a session ever gave is good for anything, in either version. */
async function over(t: Test, node: Node, tokens: Array<Pick<Session, 'access' | 'refresh'>>) {
  for (const token of tokens) {
    refused(t, await me(node, token.access), 401, 'token_revoked', 'access, v2')
    const revoked = { status: 401, body: { message: 'Token has been revoked' } }
    t.match(await me(node, token.access, 1), revoked, 'access, v1')
    refused(t, await refresh(node, token.refresh), 401, 'token_revoked', 'refresh, v2')
    for (const [method, url] of [
      ['POST', 'refresh'],
      ['DELETE', 'logout'],
    ] as const) {
      const reply = await node.request(method, `/api/v1/${url}`, bearer(token.refresh))
      t.match(reply, revoked, `${url}, v1`)
    }
  }
}

await test('S31 a refresh gives a new pair, and the old refresh token is spent', async (t) => {
  const { node, clock, alice } = await open(t)
  clock.advance(60)
  const reply = await refresh(node, alice.refresh)
  t.match(reply, {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      transport: 'body',
      token_type: 'Bearer',
      expires_in: 900,
      refresh_expires_in: 7 * 86_400,
      session_id: alice.sid,
    },
  })
  const { access_token: access, refresh_token: next } = reply.body
  t.not(access, alice.access)
  t.not(next, alice.refresh)
  const before = claimsOf(alice.refresh)
  t.match(claimsOf(next), { sub: before['sub'], sid: alice.sid, exp: before['exp'] })
  for (const token of [access, alice.access])
    t.match(await me(node, token), { status: 200, body: { id: alice.id } })
  const kept = await tokensOf(node, alice.sid)
  t.strictSame(
    kept.filter(({ usedAt }) => usedAt === null).map(({ jti }) => jti),
    [claimsOf(next)['jti']],
    'one is live',
  )
  t.match(await refresh(node, next), { status: 200 })
})

await test('a session that is refreshed for ever keeps two rows', async (t) => {
  const { node, clock, alice } = await open(t)
  let { refresh: token } = alice
  for (let i = 0; i < 20; i++) {
    clock.advance(60)
    token = (await renew(node, token)).refresh
  }
  const kept = await tokensOf(node, alice.sid)
  t.equal(kept.length, 2)
  t.equal(kept.filter(({ usedAt }) => usedAt === null).length, 1)
})

await test('S32 reuse of a rotated token ends the session', async (t) => {
  const { node, clock, alice } = await open(t)
  const other = await enter(node, 'alice')
  const next = await renew(node, alice.refresh)
  t.match(await me(node, next.access), { status: 200 }, 'so that it is remembered')
  clock.advance(10.001)
  const reply = await refresh(node, alice.refresh)
  refused(t, reply, 401, 'refresh_token_reused')
  t.match(reply.headers, {
    'www-authenticate': /^Bearer realm="commonplace", error="invalid_token"/,
    'cache-control': 'no-store',
  })
  t.notOk(/eyJ/.test(reply.text), 'no token is given')
  await over(t, node, [next, alice])

  t.strictSame(await openSessions(node, alice.id), [other.sid], 'another session goes on')
  t.match(await refresh(node, other.refresh), { status: 200 })
  t.match(await events(node, 'refresh.reuse'), [
    { outcome: 'failure', actorId: alice.id, targetType: 'session', targetId: alice.sid },
  ])
  t.equal((await events(node, 'refresh.reuse')).length, 1, 'and told once')
})

await test('S32 the predecessor of a predecessor is reuse, however soon', async (t) => {
  const { node, alice } = await open(t)
  const child = await renew(node, alice.refresh)
  const grandchild = await renew(node, child.refresh)
  refused(t, await refresh(node, alice.refresh), 401, 'refresh_token_reused')
  await over(t, node, [grandchild, child, alice])
})

await test('S32 a token that was spent long ago is reuse, too', async (t) => {
  const { node, clock, alice } = await open(t)
  let last: Session = alice
  for (let i = 0; i < 5; i++) {
    clock.advance(900)
    last = await renew(node, last.refresh)
  }
  refused(t, await refresh(node, alice.refresh), 401, 'refresh_token_reused')
  await over(t, node, [last])
  t.equal((await events(node, 'refresh.reuse')).length, 1)
})

await test('S32 whoever comes second with a stolen token gives the thief away', async (t) => {
  const { node, clock, alice } = await open(t)
  const thief = await renew(node, alice.refresh)
  clock.advance(5)
  const victim = await renew(node, alice.refresh)
  t.equal(victim.refresh, thief.refresh, 'within 10 s both have the same')
  const onward = await renew(node, thief.refresh)
  clock.advance(600)
  refused(t, await refresh(node, victim.refresh), 401, 'refresh_token_reused')
  await over(t, node, [onward, victim, alice])
})
