import { test } from 'tap'
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
  refresh,
  refused,
  renew,
  sessionOf,
  stillClock,
} from './session.ts'

const URL = '/api/v2/auth/sessions'
const DAY = 86_400

await test('S42 a user sees where they are logged in, the last used first', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock, env: { TRUST_PROXY: '127.0.0.1' } })
  const began = clock.now()
  const first = await join(node, 'alice')
  clock.advance(60)
  const headers = { 'user-agent': 'lynx/2.9', 'x-forwarded-for': '192.0.2.7' }
  const second = sessionOf(node, await login(node, 'alice', PASSWORD, { headers }))
  clock.advance(60)
  const third = await enter(node, 'alice')
  await join(node, 'bob')

  const reply = await second.send('GET', URL)
  t.match(reply, { status: 200 })
  const ids = (body: { data: Array<{ id: string }> }) => body.data.map(({ id }) => id)
  t.strictSame(ids(reply.body), [third.sid, second.sid, first.sid])
  const at = (seconds: number) => new Date(began.getTime() + seconds * 1000).toISOString()
  t.strictSame(reply.body.data[1], {
    id: second.sid,
    created_at: at(60),
    last_used_at: at(60),
    expires_at: at(60 + 7 * DAY),
    ip: '192.0.2.7',
    user_agent: 'lynx/2.9',
    current: true,
  })
  t.match(reply.body.data, [{ current: false }, { current: true }, { current: false }])

  clock.advance(60)
  await renew(node, first.refresh)
  const later = await third.send('GET', URL)
  t.strictSame(ids(later.body), [first.sid, third.sid, second.sid], 'a refresh is a use')
  t.match(later.body.data[0], { created_at: at(0), last_used_at: at(180) })
  t.match(later.body.data[1], { current: true })
  t.match((await first.send('GET', URL)).body.data, [{ current: true }])
})

await test('a list shows no session that a refresh would not be accepted in', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  const idle = await join(node, 'alice')
  const kept = await enter(node, 'alice')
  const out = await enter(node, 'alice')
  await out.send('POST', '/api/v2/auth/logout')
  let { refresh: token } = kept
  for (let day = 6; day < 30; day += 6) {
    clock.advance(6 * DAY)
    token = (await renew(node, token)).refresh
    const now = await enter(node, 'alice')
    const { data } = (await now.send('GET', URL)).body
    const ids = new Set(data.map(({ id }: { id: string }) => id))
    t.equal(ids.has(idle.sid), day === 6)
    t.notOk(ids.has(out.sid))
    const mine = data.find(({ id }: { id: string }) => id === kept.sid)
    const left = (Date.parse(mine.expires_at) - clock.now().getTime()) / 1000
    t.equal(left, Math.min(7, 30 - day) * DAY, `day ${day}: it ends when it idles out, or is over`)
    await now.send('POST', '/api/v2/auth/logout')
  }
  clock.advance(6 * DAY)
  const now = await enter(node, 'alice')
  const { data } = (await now.send('GET', URL)).body
  t.strictSame(
    data.map(({ id }: { id: string }) => id),
    [now.sid],
  )
})

await test('S42 a user ends one of their sessions, at once, and no other', async (t) => {
  const node = await start(t)
  const alice = await join(node, 'alice')
  const other = await enter(node, 'alice')
  const third = await enter(node, 'alice')
  t.match(await me(node, other.access), { status: 200 }, 'so that it is remembered')
  const reply = await alice.send('DELETE', `${URL}/${other.sid}`)
  t.match(reply, { status: 204, text: '' })
  refused(t, await me(node, other.access), 401, 'token_revoked')
  refused(t, await refresh(node, other.refresh), 401, 'token_revoked')
  t.strictSame(await openSessions(node, alice.id), [alice.sid, third.sid].toSorted())
  t.match(await events(node, 'session.end'), [{ actorId: alice.id, targetId: other.sid }])
  refused(t, await alice.send('DELETE', `${URL}/${other.sid}`), 404, 'not_found', 'once only')

  t.match(await alice.send('DELETE', `${URL}/${alice.sid}`), { status: 204 }, 'also their own')
  refused(t, await alice.send('GET', URL), 401, 'token_revoked')
  t.strictSame(await openSessions(node, alice.id), [third.sid])
})

await test('S42 nobody is told of the sessions of others, or ends them', async (t) => {
  const node = await start(t)
  const alice = await join(node, 'alice')
  const admin = await node.as('boss', 'admin')
  const bob = await join(node, 'bob')
  const text = async (sid: string) => {
    const reply = await bob.send('DELETE', `${URL}/${sid}`)
    refused(t, reply, 404, 'not_found', sid)
    return reply.body.detail
  }
  const unknown = await text('x'.repeat(22))
  t.equal(await text(alice.sid), unknown, 'one that is there is not told from one that is not')
  const byAdmin = await node.request('DELETE', `${URL}/${alice.sid}`, bearer(admin.accessToken))
  refused(t, byAdmin, 404, 'not_found', 'an admin suspends instead')
  for (const id of ['1', '../x', 'x'.repeat(23), "'--"])
    t.match(await bob.send('DELETE', `${URL}/${encodeURIComponent(id)}`), { status: 422 }, id)
  refused(t, await node.request('DELETE', `${URL}/${alice.sid}`), 401, 'token_missing')
  refused(t, await node.request('GET', URL), 401, 'token_missing')
  t.match((await bob.send('GET', `${URL}?user_id=${alice.id}`)).status, 422)

  t.strictSame(await openSessions(node, alice.id), [alice.sid])
  t.match(await me(node, alice.access), { status: 200 })
  t.match((await bob.send('GET', URL)).body.data, [{ id: bob.sid }])
  t.strictSame(await events(node, 'session.end'), [])
})
