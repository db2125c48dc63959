import { test, type Test } from 'tap'
import { start } from '../../helper.ts'

const PASSWORD = 'a quiet place to write'

async function open(t: Test) {
  const node = await start(t)
  const { store } = node.backend
  let seen = 0
  /** What has been written since the last call: action, outcome, who and to what. */
  const events = async () => {
    const { auditEvents } = store.tables
    const rows = await store.query((q) => q.select().from(auditEvents).orderBy(auditEvents.id))
    const fresh = rows.slice(seen)
    seen = rows.length
    return fresh.map(({ action, outcome, actorId, targetType, targetId, burst }) => ({
      what: `${action} ${outcome}`,
      who: actorId,
      target: targetType === null ? null : `${targetType} ${targetId}`,
      burst,
    }))
  }
  const enter = async (identifier: string) => {
    const body = { identifier, password: PASSWORD }
    const { body: pair } = await node.request('POST', '/api/v2/auth/login', { body })
    const headers = { authorization: `Bearer ${pair.access_token}` }
    const send = (call: string, more?: object) => {
      const [method = '', path = ''] = call.split(' ')
      return node.request(method, `/api/v2${path}`, { headers, ...(more && { body: more }) })
    }
    return { send, sessionId: String(pair.session_id), refreshToken: String(pair.refresh_token) }
  }
  return { ...node, events, enter }
}

await test('S77 what a user does with their sessions and their password is in the trail', async (t) => {
  const { backend, events, enter } = await open(t)
  const { id } = await backend.accounts.register({ username: 'alice', password: PASSWORD })
  const phone = await enter('alice')
  const desk = await enter('alice')
  await events()
  const said = (what: string, target: string) => [{ what, target, who: id, burst: false }]
  const session = `session ${desk.sessionId}`

  await desk.send(`DELETE /auth/sessions/${phone.sessionId}`)
  t.strictSame(await events(), said('session.end success', `session ${phone.sessionId}`))
  await desk.send('POST /auth/reauthenticate', { password: PASSWORD })
  t.strictSame(await events(), said('reauthenticate success', session))
  await desk.send('POST /auth/reauthenticate', { password: 'not the password' })
  t.strictSame(await events(), said('reauthenticate failure', `user ${id}`))
  const change = { current_password: 'not the password', new_password: 'another quiet place' }
  await desk.send('POST /auth/password/change', change)
  t.strictSame(await events(), said('password.change failure', `user ${id}`))
  await desk.send('POST /auth/password/change', { ...change, current_password: PASSWORD })
  t.strictSame(await events(), said('password.change success', `user ${id}`))
  await desk.send('POST /auth/logout', { scope: 'others' })
  t.strictSame(await events(), said('logout.others success', session))
  await desk.send('POST /auth/logout', { scope: 'all' })
  t.strictSame(await events(), said('logout.all success', session))
})

await test('S77 who is refused for their role, or for a login that is too old, is in the trail', async (t) => {
  const { as, clock, enter, events, request } = await open(t)
  const alice = await as('alice')
  const bob = await as('bob')
  await events()
  const denied = (target: string) => [
    { what: 'access.denied denied', target, who: alice.id, burst: false },
  ]
  t.match(await alice.get('/api/v2/audit-events'), { status: 403 })
  t.strictSame(await events(), denied('operation listAuditEvents'))
  t.match(await alice.patch(`/api/v2/users/${bob.id}`, { role: 'admin' }), { status: 403 })
  t.strictSame(await events(), denied(`user ${bob.id}`))

  const { refreshToken } = await enter('alice')
  clock.advance(14 * 60)
  const refresh = { body: { refresh_token: refreshToken } }
  const { body: pair } = await request('POST', '/api/v2/auth/refresh', refresh)
  clock.advance(2 * 60)
  await events()
  const headers = { authorization: `Bearer ${pair.access_token}` }
  t.match(await request('DELETE', '/api/v2/me', { headers }), { status: 403 })
  t.strictSame(await events(), denied('operation deleteMe'))
  t.match(await request('DELETE', '/api/v2/me'), { status: 401 })
  t.strictSame(await events(), [], 'a request without a valid token is nobody')
})

await test('S77 what an admin does to an account names both', async (t) => {
  const { as, events } = await open(t)
  const admin = await as('ada', 'admin')
  const { id } = await as('alice')
  await events()
  await admin.patch(`/api/v2/users/${id}`, { role: 'moderator', status: 'suspended' })
  const target = `user ${id}`
  t.strictSame(await events(), [
    { what: 'role.change success', target, who: admin.id, burst: false },
    { what: 'status.change success', target, who: admin.id, burst: false },
  ])
})

await test('S77 the fifth failure within five minutes is marked, from one address or at one target', async (t) => {
  const { backend, clock, events, request } = await open(t)
  const { id } = await backend.accounts.register({ username: 'alice', password: PASSWORD })
  await events()
  const origin = (ip: string) => ({ ip, userAgent: undefined, requestId: 'r' })
  const fail = (ip: string, target?: number) =>
    backend.audit.record({
      action: 'login',
      outcome: 'failure',
      target: target === undefined ? undefined : { type: 'user', id: target },
      origin: origin(ip),
    })
  const marks = async () => (await events()).map(({ burst }) => burst)

  for (let i = 0; i < 6; i++) await fail('192.0.2.1')
  t.strictSame(await marks(), [false, false, false, false, true, true], 'one address')
  for (let i = 0; i < 6; i++) await fail(`198.51.100.${i}`, id)
  t.strictSame(await marks(), [false, false, false, false, true, true], 'one target')
  await fail('203.0.113.1')
  t.strictSame(await marks(), [false], 'others have nothing to do with it')
  clock.advance(5 * 60 + 1)
  await fail('192.0.2.1', id)
  t.strictSame(await marks(), [false], 'after a while it is one failure again')

  for (let i = 0; i < 4; i++) await fail('192.0.2.1')
  await events()
  const body = { identifier: 'alice', password: PASSWORD }
  await request('POST', '/api/v2/auth/login', { body })
  t.strictSame(await marks(), [false], 'a success is no failure, whatever went before')
})
