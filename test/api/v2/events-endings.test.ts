import { once } from 'node:events'
import { get } from 'node:http'
import { test, type Test } from 'tap'
import { HEARTBEAT } from '../../../src/domain/events/streams.ts'
import { start } from '../../helper.ts'
import { listening } from '../plugins/frame.ts'
import { handTimers, streams, watch } from './event-stream.ts'
import { claimsOf } from '../v1/forge.ts'
import { refused } from './session.ts'

async function open(t: Test, env = {}) {
  const timers = handTimers()
  const started = await start(t, { timers, env })
  const alice = await started.as('alice')
  return { ...started, timers, alice, stream: await watch(t, started, alice.accessToken) }
}
type Opened = Awaited<ReturnType<typeof open>>

/** What ends the stream of alice, without anything happening to any record. */
const ENDS: Record<string, (opened: Opened) => Promise<unknown>> = {
  'a logout': ({ alice }) => alice.post('/api/v2/auth/logout'),
  'a logout of v1': ({ alice }) => alice.post('/api/v1/logout'),
  'a logout elsewhere': async ({ login, alice }) =>
    (await login('alice', alice.id)).post('/api/v2/auth/logout', { scope: 'others' }),
  'the end of the session, by hand': async ({ login, alice }) =>
    (await login('alice', alice.id)).delete(
      `/api/v2/auth/sessions/${String(claimsOf(alice.accessToken)['sid'])}`,
    ),
  'a suspension': ({ backend, alice }) => backend.accounts.setStatus(alice.id, 'suspended'),
  'a new password': async ({ login, alice }) =>
    (await login('alice', alice.id)).post('/api/v2/auth/password/change', {
      current_password: alice.password,
      new_password: 'another quiet place',
    }),
}
for (const [what, act] of Object.entries(ENDS))
  await test(`a stream ends at once with ${what}, be it ever so idle`, async (t) => {
    const opened = await open(t)
    const { stream, backend } = opened
    const bob = await opened.as('bob')
    const other = await watch(t, opened, bob.accessToken)
    await act(opened)
    await stream.closed
    await bob.post('/api/v2/todos', { title: 'goes on' })
    t.match(await other.event(), { event: 'todo.created' }, 'those of others go on')
    t.equal(backend.events.size, 1)
    t.notOk(await stream.event())
  })

await test('a stream ends with its account', async (t) => {
  const { stream, alice, timers, backend } = await open(t)
  await alice.post('/api/v2/todos', { title: 'goes with it' })
  t.match(await stream.event(), { event: 'todo.created' })
  t.equal((await alice.delete('/api/v1/users/' + String(alice.id))).status, 204)
  timers.fire(HEARTBEAT)
  await stream.closed
  t.notOk(await stream.event(), 'and is not told of that')
  await streams({ backend }, 0)
})

await test('a stream outlives its access token, and ends when the session is over by itself', async (t) => {
  const { stream, alice, timers, clock, request } = await open(t)
  clock.advance(901)
  refused(t, await alice.get('/api/v2/me'), 401, 'token_expired')
  await stream.block()
  timers.fire(HEARTBEAT)
  t.match(await stream.block(), { comment: 'here' }, 'it is still open')
  const { body } = await request('POST', '/api/v1/refresh', {
    headers: { authorization: `Bearer ${alice.refreshToken}` },
  })
  t.ok(body.access_token)
  clock.advance(604_801)
  timers.fire(HEARTBEAT)
  await stream.closed
  t.notOk(await stream.event())
})

await test('a stream ends when the token that opened it is revoked', async (t) => {
  const { stream, alice, backend, clock } = await open(t)
  const { tokenBlacklist } = backend.store.tables
  const { jti } = claimsOf(alice.accessToken)
  const revoke = backend.store.define('test_revoke', (q) =>
    q.insert(tokenBlacklist).values({
      jti: String(jti),
      tokenType: 'access',
      userId: alice.id,
      expiresAt: clock.now(),
      revokedAt: clock.now(),
      reason: 'test',
    }),
  )
  await backend.store.write(revoke)
  const bob = await backend.accounts.register({ username: 'bob', password: alice.password })
  await backend.store.transaction(function* (tx) {
    yield* backend.changes.record(tx, [{ type: 'post.created', resourceId: 1, userId: bob.id }])
  })
  await stream.closed
  t.notOk(await stream.event(), 'before it is told of anything else')
})

await test('every 15 seconds a stream gives a sign of life, and up to where it has told', async (t) => {
  const { stream, timers, as, alice } = await open(t)
  t.equal(HEARTBEAT, 15_000)
  t.match(await stream.block(), { retry: '3000', comment: 'here', id: '0' })
  timers.fire(HEARTBEAT)
  t.strictSame(await stream.block(), { comment: 'here', id: '0' })
  // What bob does is not told to alice; a purge of it must not make her begin anew.
  const bob = await as('bob')
  await bob.post('/api/v2/todos', { title: 'not for alice' })
  timers.fire(HEARTBEAT)
  let beat = await stream.block()
  while (beat?.id === '0') {
    timers.fire(HEARTBEAT)
    beat = await stream.block()
  }
  t.strictSame(beat, { comment: 'here', id: '1' })
  await alice.post('/api/v2/todos', { title: 'for alice' })
  t.match(await stream.event(), { id: 2 })
})

await test('a server that closes ends its streams at once, opens none, and lets nothing run on', async (t) => {
  const opened = await open(t)
  const { app, timers, stream, backend, alice } = opened
  const { port } = await listening(app)
  const begun = performance.now()
  // One of them is being opened when the server closes.
  const arrived = once(app.server, 'request')
  const headers = { authorization: `Bearer ${alice.accessToken}` }
  const ask = () => get({ port, path: '/api/v2/events', host: '127.0.0.1', headers, agent: false })
  const opening = ask()
  const [[last]] = await Promise.all([once(opening, 'response'), arrived.then(() => app.close())])
  last.resume()
  await Promise.all([stream.closed, once(last, 'close')])
  t.ok(performance.now() - begun < 2000)
  await streams({ backend }, 0)
  t.equal(timers.size, 0, 'no timer')
  await t.rejects(once(ask(), 'response'), 'nobody listens any more')
})

await test('what a stream needs beside it is there only while there are streams', async (t) => {
  const { timers, stream, backend, alice, ...rest } = await open(t)
  t.equal(timers.size, 2)
  stream.close()
  await streams({ backend }, 0)
  t.equal(timers.size, 0)
  const again = await watch(t, rest, alice.accessToken)
  t.equal(timers.size, 2)
  await alice.post('/api/v2/todos', { title: 'told' })
  t.match(await again.event(), { event: 'todo.created' })
})
