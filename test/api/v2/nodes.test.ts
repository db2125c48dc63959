import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { claimsOf } from '../v1/forge.ts'
import {
  enter,
  events,
  join,
  login,
  me,
  openSessions,
  PASSWORD,
  refresh,
  refused,
  renew,
  stillClock,
  tokensOf,
} from './session.ts'

/**
 * Two nodes over one database: on SQLite two connections to one file, on PostgreSQL two pools. What one of them writes, the other
 * has to honour on the next request, although it remembers the token.
 */
async function pair(t: Test) {
  const clock = stillClock()
  const one = await start(t, { clock })
  const { databaseUrl } = one
  const other = await start(t, { databaseUrl, clock })
  const alice = await join(one, 'alice')
  /** Both remember what they are shown. */
  const seen = async (access: string) => {
    for (const node of [one, other]) t.match(await me(node, access), { status: 200 })
  }
  const gone = async (access: string, token: string) => {
    for (const node of [other, one]) {
      refused(t, await me(node, access), 401, 'token_revoked')
      refused(t, await refresh(node, token), 401, 'token_revoked')
    }
  }
  return { one, other, clock, alice, seen, gone }
}

await test('S31 S34 what one node rotated, the other gives again, byte for byte, and goes on from', async (t) => {
  const { one, other, clock, alice } = await pair(t)
  const first = await refresh(one, alice.refresh)
  clock.advance(9)
  t.equal((await refresh(other, alice.refresh)).text, first.text)
  const next = await renew(other, first.body.refresh_token)
  t.match(await me(one, next.access), { status: 200 })
  t.equal((await tokensOf(one, alice.sid)).length, 2)
})

await test('S33 refreshes on two nodes at once give one successor to all', async (t) => {
  const { one, other, alice } = await pair(t)
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, i) => refresh(i % 2 === 0 ? one : other, alice.refresh)),
  )
  t.strictSame(
    replies.map(({ status }) => status),
    Array(20).fill(200),
  )
  t.equal(new Set(replies.map(({ text }) => text)).size, 1)
  const kept = await tokensOf(one, alice.sid)
  t.strictSame(
    kept.filter(({ usedAt }) => usedAt === null).map(({ jti }) => jti),
    [claimsOf(replies[0]?.body.refresh_token)['jti']],
  )
  t.strictSame(await events(one, 'refresh.reuse'), [])
})

await test('S32 reuse that one node sees ends the session on the other', async (t) => {
  const { one, other, clock, alice, seen, gone } = await pair(t)
  const next = await renew(one, alice.refresh)
  await seen(next.access)
  clock.advance(11)
  refused(t, await refresh(other, alice.refresh), 401, 'refresh_token_reused')
  await gone(next.access, next.refresh)
  t.equal((await events(one, 'refresh.reuse')).length, 1)
})

await test('S38 S40 what ends sessions on one node ends them on the other', async (t) => {
  const { other, alice, seen, gone } = await pair(t)
  const URL = '/api/v2/auth'
  const change = { current_password: PASSWORD, new_password: 'another place to write' }
  const ends: Array<[method: string, url: (sid: string) => string, body?: object]> = [
    ['POST', () => `${URL}/logout`, { scope: 'others' }],
    ['DELETE', (sid) => `${URL}/sessions/${sid}`],
    ['POST', () => `${URL}/password/change`, change],
  ]
  for (const [method, url, body] of ends) {
    const victim = await enter(other, 'alice')
    await seen(victim.access)
    t.match(await alice.send(method, url(victim.sid), body), { status: 204 })
    await gone(victim.access, victim.refresh)
    await seen(alice.access)
    t.strictSame(await openSessions(other, alice.id), [alice.sid])
  }
  t.match(await alice.send('POST', `${URL}/logout`, { scope: 'all' }), { status: 204 })
  await gone(alice.access, alice.refresh)
})

await test('S14 guesses on two nodes count together, wherever the password is asked for', async (t) => {
  const { one, other, clock, alice } = await pair(t)
  const wrong = { password: 'wrong' }
  for (const node of [one, other, one, other])
    t.match(await login(node, 'alice', 'wrong'), { status: 401 })
  const last = await alice.send('POST', '/api/v2/auth/reauthenticate', wrong)
  refused(t, last, 403, 'password_incorrect')
  for (const node of [one, other]) refused(t, await login(node, 'alice'), 429, 'too_many_attempts')
  clock.advance(1)
  t.match(await login(other, 'alice'), { status: 200 })
  t.match(await login(one, 'alice', 'wrong'), { status: 401 }, 'success resets on both')
})

await test('a session that one node makes fresh is fresh on the other, until its time is over', async (t) => {
  const { one, other, clock, alice } = await pair(t)
  const patch = (node: typeof one, access: string) =>
    node.request('PATCH', '/api/v2/me', {
      headers: { authorization: `Bearer ${access}` },
      body: { email: 'alice@example.com' },
    })
  clock.advance(14 * 60)
  const next = await renew(one, alice.refresh)
  clock.advance(2 * 60)
  for (const node of [one, other])
    refused(t, await patch(node, next.access), 403, 'fresh_login_required')
  const url = '/api/v2/auth/reauthenticate'
  t.match(await next.send('POST', url, { password: PASSWORD }), { status: 204 })
  for (const node of [other, one]) t.match(await patch(node, next.access), { status: 200 })
})
