import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer } from '../v1/forge.ts'
import {
  enter,
  events,
  join,
  login,
  me,
  openSessions,
  PASSWORD,
  refused,
  renew,
  type Session,
  stillClock,
} from './session.ts'

const URL = '/api/v2/auth/reauthenticate'
const EMAIL = 'alice@example.com'
const MINUTES = 60

async function open(t: Test) {
  const clock = stillClock()
  const node = await start(t, { clock, env: { JWT_ACCESS_TOKEN_EXPIRES: '3600' } })
  const alice = await join(node, 'alice')
  /** What needs a fresh session is refused, and nothing has changed. */
  const stale = async (t: Test, { send }: Pick<Session, 'send'> = alice) => {
    const before = await node.backend.accounts.find(alice.id)
    for (const [method, body] of [
      ['PATCH', { email: EMAIL }],
      ['PATCH', { email: null }],
      ['PATCH', { username: 'alicia', email: EMAIL }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await send(method, '/api/v2/me', body)
      refused(t, reply, 403, 'fresh_login_required', `${method} ${JSON.stringify(body)}`)
      t.notOk(reply.headers['www-authenticate'], 'no scope is missing')
    }
    t.strictSame(await node.backend.accounts.find(alice.id), before)
  }
  return { node, clock, alice, stale }
}

await test('a session is fresh for 15 minutes after its login', async (t) => {
  const { node, clock, alice, stale } = await open(t)
  clock.advance(15 * MINUTES)
  const reply = await alice.send('PATCH', '/api/v2/me', { email: EMAIL })
  t.match(reply, { status: 200, body: { pending_email: EMAIL } })
  clock.advance(0.001)
  await stale(t)
  const phone = { phone: '+4915112345678', username: 'alicia' }
  t.match(await alice.send('PATCH', '/api/v2/me', phone), { status: 200, body: phone })
  t.match(await me(node, alice.access), { status: 200, body: { ...phone, pending_email: EMAIL } })
  const denied = await events(node, 'access.denied')
  t.match(denied[0], { outcome: 'denied', actorId: alice.id, targetId: 'updateMe' })
})

await test('refreshing makes no session fresh, nor does another login', async (t) => {
  const { node, clock, alice, stale } = await open(t)
  clock.advance(8 * MINUTES)
  const next = await renew(node, alice.refresh)
  clock.advance(8 * MINUTES)
  await stale(t, next)
  await stale(t, await renew(node, next.refresh))
  const other = await enter(node, 'alice')
  await stale(t)
  t.match(await other.send('PATCH', '/api/v2/me', { email: EMAIL }), { status: 200 })
})

await test('who confirms their password is fresh for another 15 minutes, in that session', async (t) => {
  const { node, clock, alice, stale } = await open(t)
  const other = await enter(node, 'alice')
  clock.advance(16 * MINUTES)
  await stale(t)
  const reply = await alice.send('POST', URL, { password: PASSWORD })
  t.match(reply, { status: 204, text: '' })
  t.match(await alice.send('PATCH', '/api/v2/me', { email: EMAIL }), { status: 200 })
  await stale(t, other)
  t.match(await events(node, 'reauthenticate'), [
    { outcome: 'success', actorId: alice.id, targetType: 'session', targetId: alice.sid },
  ])
  clock.advance(14 * MINUTES)
  const next = await renew(node, alice.refresh)
  clock.advance(1 * MINUTES)
  t.match(await next.send('PATCH', '/api/v2/me', { email: null }), { status: 200 })
  clock.advance(1)
  await stale(t, next)
})

await test('S78 whoever is fresh deletes their account, and all of it ends', async (t) => {
  const { node, clock, alice } = await open(t)
  clock.advance(16 * MINUTES)
  refused(t, await alice.send('DELETE', '/api/v2/me'), 403, 'fresh_login_required')
  t.match(await alice.send('POST', URL, { password: PASSWORD }), { status: 204 })
  t.match(await alice.send('DELETE', '/api/v2/me'), { status: 204 })
  refused(t, await alice.send('DELETE', '/api/v2/me'), 401, 'token_revoked')
  refused(t, await login(node, 'alice'), 401, 'invalid_credentials')
})

await test('S9 S14 a wrong password makes nothing fresh, and counts as a failed login', async (t) => {
  const { node, clock, alice, stale } = await open(t)
  clock.advance(16 * MINUTES)
  for (let i = 0; i < 5; i++)
    refused(t, await alice.send('POST', URL, { password: 'wrong' }), 403, 'password_incorrect')
  await stale(t)
  refused(t, await alice.send('POST', URL, { password: PASSWORD }), 429, 'too_many_attempts')
  refused(t, await login(node, 'alice'), 429, 'too_many_attempts')
  const plain = await node.request('POST', '/api/v1/login', {
    body: { username: 'alice', password: PASSWORD },
  })
  t.match(plain, { status: 429 })
  clock.advance(1)
  t.match(await alice.send('POST', URL, { password: PASSWORD }), { status: 204 })
  t.match(await login(node, 'alice', 'wrong'), { status: 401 }, 'success resets')
  const told = (await events(node, 'reauthenticate')).map(({ outcome }) => outcome)
  t.strictSame(told, [...Array(5).fill('failure'), 'success'])
})

await test('S7 S22 a confirmation needs an access token and a password', async (t) => {
  const { node, clock, alice, stale } = await open(t)
  clock.advance(16 * MINUTES)
  const body = { password: PASSWORD }
  refused(t, await node.request('POST', URL, { body }), 401, 'token_missing')
  const byRefresh = await node.request('POST', URL, { ...bearer(alice.refresh), body })
  refused(t, byRefresh, 401, 'token_type_invalid')
  for (const wrong of [{}, { password: 5 }, { password: null }, { ...body, sid: alice.sid }])
    refused(t, await alice.send('POST', URL, wrong), 422, 'validation_failed')
  refused(t, await alice.send('POST', URL), 415, 'unsupported_media_type')
  await stale(t)
  t.strictSame(await openSessions(node, alice.id), [alice.sid])
})

await test('S38 a session that ends while its password is looked at is made fresh by nothing', async (t) => {
  const node = await start(t, { env: { BCRYPT_COST: '10' } })
  const alice = await join(node, 'alice')
  const other = await enter(node, 'alice')
  const confirming = alice.send('POST', URL, { password: PASSWORD })
  t.match(await other.send('DELETE', `/api/v2/auth/sessions/${alice.sid}`), { status: 204 })
  refused(t, await confirming, 401, 'token_revoked')
  t.strictSame(await events(node, 'reauthenticate'), [])
})
