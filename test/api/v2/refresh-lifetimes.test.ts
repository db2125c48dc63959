import { test, type Test } from 'tap'
import { type Options, start } from '../../helper.ts'
import { claimsOf } from '../v1/forge.ts'
import { enter, join, me, refresh, refused, renew, stillClock } from './session.ts'

const DAY = 86_400
const open = async (t: Test, options: Options = {}) => {
  const clock = stillClock()
  const node = await start(t, { clock, ...options })
  return { node, clock, alice: await join(node, 'alice') }
}

await test('S35 a session that is not refreshed for 7 days is over', async (t) => {
  const { node, clock, alice } = await open(t)
  let { refresh: token } = alice
  for (let week = 0; week < 3; week++) {
    clock.advance(7 * DAY - 1)
    token = (await renew(node, token)).refresh
  }
  clock.advance(7 * DAY)
  refused(t, await refresh(node, token), 401, 'refresh_token_expired')
})

await test('S35 a session is over after 30 days, however often it is refreshed', async (t) => {
  const { node, clock, alice } = await open(t)
  const { exp } = claimsOf(alice.refresh)
  let last = { access: alice.access, refresh: alice.refresh }
  for (let day = 5; day < 30; day += 5) {
    clock.advance(5 * DAY)
    last = await renew(node, last.refresh)
    t.equal(claimsOf(last.refresh)['exp'], exp, `day ${day}: the end does not move`)
  }
  clock.advance(5 * DAY - 60)
  const reply = await refresh(node, last.refresh)
  t.match(reply, { status: 200 })
  t.ok(reply.body.expires_in <= 60 && reply.body.expires_in > 0, 'no token outlives its session')
  t.ok(reply.body.refresh_expires_in <= 60)
  t.match(await me(node, reply.body.access_token), { status: 200 })
  clock.advance(61)
  refused(t, await refresh(node, reply.body.refresh_token), 401, 'refresh_token_expired')
  refused(t, await me(node, reply.body.access_token), 401, 'token_expired')
})

await test('S35 what is told of the lifetimes is what happens', async (t) => {
  const env = {
    JWT_ACCESS_TOKEN_EXPIRES: '60',
    SESSION_IDLE: '600',
    JWT_REFRESH_TOKEN_EXPIRES: '1000',
  }
  const { node, clock, alice } = await open(t, { env })
  const first = (await refresh(node, alice.refresh)).body
  t.match(first, { refresh_expires_in: 600 })
  clock.advance(599)
  const second = (await refresh(node, first.refresh_token)).body
  t.ok(
    second.refresh_expires_in <= 401 && second.refresh_expires_in >= 400,
    'the session ends first',
  )
  clock.advance(second.refresh_expires_in)
  refused(t, await refresh(node, second.refresh_token), 401, 'refresh_token_expired')

  const idle = await enter(node, 'alice')
  clock.advance(600)
  refused(t, await refresh(node, idle.refresh), 401, 'refresh_token_expired')
})

await test('S35 a refresh that is refused keeps no session alive', async (t) => {
  const { node, clock, alice } = await open(t)
  clock.advance(7 * DAY - 60)
  const body = { refresh_token: alice.refresh, scope: 'x' }
  t.match(await node.request('POST', '/api/v2/auth/refresh', { body }), { status: 422 })
  t.match(await refresh(node, alice.access), { status: 401 })
  clock.advance(61)
  refused(t, await refresh(node, alice.refresh), 401, 'refresh_token_expired')
})

await test('S20 an access token of v2 is good for 15 minutes, and is refused as a refresh token', async (t) => {
  const { node, clock, alice } = await open(t)
  t.match(await me(node, alice.access), { status: 200 }, 'so that it is remembered')
  clock.advance(899)
  t.match(await me(node, alice.access), { status: 200 })
  clock.advance(1)
  refused(t, await me(node, alice.access), 401, 'token_expired')
  refused(t, await refresh(node, alice.access), 401, 'token_type_invalid')
  const next = await renew(node, alice.refresh)
  t.match(await me(node, next.access), { status: 200 })
})
