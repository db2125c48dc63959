import { test, type Test } from 'tap'
import { start, type Started } from '../../helper.ts'
import { keyOf } from '../credentials.ts'
import { tokenIn } from '../../mail-server.ts'
import { scene } from './mailing.ts'
import { events, login, PASSWORD, refused, sessionOf } from './session.ts'

const FIRST = 'a lantern in the attic'

async function office(t: Test) {
  const node = await start(t)
  return { ...node, boss: await node.as('boss', 'admin') }
}
const enter = async (node: Started, password: string) =>
  sessionOf(node, await login(node, 'alice', password))

await test('S90 an admin makes an account whose password is changed before anything else', async (t) => {
  const node = await office(t)
  const { boss } = node
  const body = { username: 'alice', password: FIRST, role: 'moderator', email: 'a@example.com' }
  const made = await boss.post('/api/v2/users', body)
  t.match(made, { status: 201, headers: { location: `/api/v2/users/${made.body.id}` } })
  t.match(made.body, { role: 'moderator', email: null, pending_email: 'a@example.com' })
  const [event] = await events(node, 'account.create')
  t.match(event, { actorId: boss.id, targetId: String(made.body.id) })
  t.strictSame((await events(node, 'register')).length, 1, 'that of the admin')

  const alice = await enter(node, FIRST)
  for (const [method, url, sent] of [
    ['GET', '/api/v2/books'],
    ['GET', '/api/v2/todos'],
    ['POST', '/api/v2/posts', { title: 'a', content: 'b' }],
    ['PATCH', '/api/v2/me', { phone: '+123' }],
    ['DELETE', '/api/v2/me'],
    ['GET', '/api/v2/users'],
    ['POST', '/api/v2/auth/reauthenticate', { password: FIRST }],
    ['POST', '/api/v2/auth/api-keys', { name: 'x', scopes: ['posts:read'] }],
    ['GET', '/api/v2/auth/sessions'],
  ] as const)
    refused(t, await alice.send(method, url, sent), 403, 'password_change_required', url)
  for (const url of ['/api/v1/todos', '/api/v1/protected', '/api/v1/partially-protected'])
    t.match(await alice.send('GET', url), {
      status: 403,
      body: { message: /^Choose a new password first/ },
    })
  t.match(await alice.send('GET', '/api/v2/me'), { status: 200 })
  t.match(await alice.send('GET', '/api/v1/me'), { status: 200 })
  t.match(
    await node.request('POST', '/api/v2/auth/refresh', { body: { refresh_token: alice.refresh } }),
    { status: 200 },
  )
  const change = (next: string) =>
    alice.send('POST', '/api/v2/auth/password/change', {
      current_password: FIRST,
      new_password: next,
    })
  const same = await change(FIRST)
  refused(t, same, 422, 'validation_failed')
  t.match(same.body.errors, [{ pointer: '#/new_password', code: 'same_as_before' }])
  refused(t, await alice.send('GET', '/api/v2/todos'), 403, 'password_change_required')
  t.match(await change(PASSWORD), { status: 204 })
  t.match(await alice.send('GET', '/api/v2/todos'), { status: 200 }, 'with the same token')
  const other = { username: 'bob', password: FIRST, must_change_password: false }
  t.match(await boss.post('/api/v2/users', other), { status: 201 })
  t.match(await sessionOf(node, await login(node, 'bob', FIRST)).send('GET', '/api/v2/todos'), {
    status: 200,
  })
  t.match(await enter(node, PASSWORD).then((again) => again.send('POST', '/api/v2/auth/logout')), {
    status: 204,
  })
})

await test('S82 a new password ends the address that waits, whoever gave it, and none that comes along or after', async (t) => {
  const { as, boss } = await office(t)
  const alice = await as('alice')
  const path = `/api/v2/users/${alice.id}`
  const waiting = { body: { pending_email: 'new@example.com' } }
  const email = 'new@example.com'
  t.match(await boss.patch(path, { email }), waiting)
  t.match(await boss.patch(path, { password: FIRST }), { body: { pending_email: null } })
  t.match(await boss.patch(path, { email }), waiting)
  t.match(await boss.patch(path, { password: PASSWORD, email }), waiting)
})

await test('S90 an admin sets a password and an address, and what was there ends', async (t) => {
  const node = await office(t)
  const { as, boss } = node
  const alice = await as('alice')
  const { key } = await keyOf(node, alice, ['todos:read'])
  const path = `/api/v2/users/${alice.id}`
  const reply = await boss.patch(path, { password: FIRST, email: 'new@example.com' })
  t.match(reply, { status: 200, body: { email: null, pending_email: 'new@example.com' } })
  t.match(await alice.get('/api/v2/me'), { status: 401 })
  t.match(await login(node, 'alice'), { status: 401 })
  const again = await enter(node, FIRST)
  refused(t, await again.send('GET', '/api/v2/todos'), 403, 'password_change_required')
  const byKey = await node.request('GET', '/api/v2/todos', { headers: { 'x-api-key': key } })
  t.ok([401, 403].includes(byKey.status), 'a key opens nothing more')
  t.match(await boss.patch(path, { must_change_password: false }), { status: 200 })
  t.match(await again.send('GET', '/api/v2/todos'), { status: 200 })
  t.match(await boss.patch(path, { must_change_password: true }), { status: 200 })
  refused(t, await again.send('GET', '/api/v2/todos'), 403, 'password_change_required')
  t.match(await boss.patch(path, { email: null }), { body: { email: null, pending_email: null } })

  const own = await boss.patch(`/api/v2/users/${boss.id}`, { password: FIRST })
  refused(t, own, 422, 'validation_failed')
  t.match(own.body.errors, [{ pointer: '#/password', code: 'not_acceptable' }])
  const weak = await boss.patch(path, { password: 'password1', email: 'x@y@z' })
  refused(t, weak, 422, 'validation_failed')
  const taken = { username: 'ALICE', password: FIRST }
  refused(t, await boss.post('/api/v2/users', taken), 409, 'username_taken')
  refused(t, await alice.post('/api/v2/users', taken), 401, 'token_revoked')
  refused(t, await again.send('PATCH', path, { password: FIRST }), 403, 'password_change_required')
})

await test('S90 where some domains register, an address is confirmed before anything else', async (t) => {
  const env = { REGISTRATION_DOMAINS: 'example.com' }
  const { request, post, delivered, backend } = await scene(t, { env })
  for (const [url, email] of [
    ['/api/v2/auth/register', 'a@example.com'],
    ['/api/v1/users', 'b@example.com'],
  ] as const) {
    const username = `user-${email[0]}`
    t.match(await request('POST', url, { body: { username, password: PASSWORD, email } }), {
      status: 201,
    })
    const node = { request, backend }
    const one = sessionOf(node, await login(node, username))
    refused(t, await one.send('GET', '/api/v2/todos'), 403, 'email_unconfirmed')
    refused(t, await one.send('PATCH', '/api/v2/me', { phone: null }), 403, 'email_unconfirmed')
    t.match(await one.send('GET', '/api/v1/protected'), {
      status: 403,
      body: { message: /^Confirm your email address first/ },
    })
    t.match(await one.send('GET', '/api/v2/me'), { body: { pending_email: email } })
    t.match(await one.send('POST', '/api/v2/auth/email/resend'), { status: 202 })
    const mail = (await delivered()).find(({ text }) => text?.includes('#'))
    t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
    t.match(await one.send('GET', '/api/v2/todos'), { status: 200 }, 'with the same token')
  }
})

await test('S90 an admin finds an account by its address, and nobody else does', async (t) => {
  const { as, backend, boss } = await office(t)
  const one = { username: 'alice', password: PASSWORD, email: 'alice@münchen.example' }
  const { id } = await backend.accounts.register(one)
  for (const email of ['alice@münchen.example', 'ALICE@xn--mnchen-3ya.example']) {
    const reply = await boss.get('/api/v2/users', { query: { email } })
    t.match(reply, { status: 200 })
    t.strictSame(
      reply.body.data.map((user: { id: number }) => user.id),
      [id],
    )
  }
  const query = { email: 'nobody@example.com' }
  t.match((await boss.get('/api/v2/users', { query })).body, { data: [] })
  refused(
    t,
    await (await as('bob')).get('/api/v2/users', { query }),
    403,
    'insufficient_role',
    'whether it is there',
  )
})

await test("S82 S90 an address that an admin gives ends the one of before, which may be an intruder's", async (t) => {
  const { verified, delivered, post, backend } = await scene(t)
  const { id } = await verified('owner', 'intruder@example.com')
  await post('password/forgot', { email: 'intruder@example.com' })
  const [before] = await delivered()
  await backend.accounts.setPassword(id, FIRST)
  await backend.accounts.setEmail(id, 'owner@example.com')
  const sent = await delivered()
  const subjects = sent.map(({ to, subject }) => `${to?.[0]?.address}: ${subject}`)
  t.ok(subjects.includes('intruder@example.com: The email address of your account changed'))
  await post('password/forgot', { email: 'intruder@example.com' })
  t.match(await delivered(), [], 'no link to who had the account')
  const reset = { token: before && tokenIn(before), new_password: PASSWORD }
  t.match(await post('password/reset', reset), { body: { code: 'link_invalid' } })
  t.match(await backend.accounts.find(id), {
    email: undefined,
    pendingEmail: 'owner@example.com',
    emailVerifiedAt: undefined,
  })
  const mail = sent.find(({ to }) => to?.[0]?.address === 'owner@example.com')
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await backend.accounts.find(id), { email: 'owner@example.com' })
})
