import { test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { enableTotp, keyOf } from '../credentials.ts'
import { NEW_PASSWORD, PASSWORD, scene } from './mailing.ts'

await test('a forgotten password', async (t) => {
  const { verified, delivered, post, logsIn, clock, request } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  const known = await post('password/forgot', { email: 'A@example.COM' })
  const unknown = await post('password/forgot', { email: 'nobody@example.com' })
  t.match(known, { status: 202, text: '' })
  t.equal(unknown.status, known.status)
  t.equal(unknown.text, known.text)
  const names = (headers: object) => Object.keys(headers).toSorted()
  t.same(names(unknown.headers), names(known.headers))
  const [mail, ...others] = await delivered()
  t.same(others, [])
  t.match(mail, { subject: 'Set a new password', to: [{ address: 'a@example.com' }] })
  const token = mail && tokenIn(mail)

  t.match(await post('password/reset', { token, new_password: 'password' }), {
    status: 422,
    body: { errors: [{ pointer: '#/new_password', code: 'common_password' }] },
  })
  t.match(await post('email/verify', { token }), { status: 422 })
  t.match(await post('password/reset', { token, new_password: NEW_PASSWORD }), { status: 204 })
  t.equal(await logsIn('alice'), 401)
  t.equal(await logsIn('alice', NEW_PASSWORD), 200)
  t.match(await alice.get('/api/v2/me'), { status: 401 }, 'S40 all sessions have ended')
  t.match(
    await request('POST', '/api/v1/refresh', { body: { refresh_token: alice.refreshToken } }),
    { status: 401 },
  )
  t.match(await delivered(), [{ subject: 'The password of your account changed' }])
  t.match(await post('password/reset', { token, new_password: NEW_PASSWORD }), { status: 422 })

  clock.advance(61)
  await post('password/forgot', { email: 'a@example.com' })
  const [late] = await delivered()
  clock.advance(30 * 60 + 1)
  t.match(
    await post('password/reset', { token: late && tokenIn(late), new_password: NEW_PASSWORD }),
    { status: 422, body: { code: 'link_invalid' } },
  )
})

await test('nobody fills a mailbox', async (t) => {
  const { verified, delivered, post, clock } = await scene(t)
  await verified('alice', 'a@example.com')
  for (let i = 0; i < 5; i++) await post('password/forgot', { email: 'a@example.com' })
  t.equal((await delivered()).length, 1)
  clock.advance(61)
  await post('password/forgot', { email: 'a@example.com' })
  t.equal((await delivered()).length, 1)
})

await test('an address that nobody can have is refused, and nothing is kept to be sent', async (t) => {
  const { post, backend } = await scene(t)
  for (const email of ['a\u0004@example.com', 'a@example.com\u0019', 'a\u200b@example.com'])
    t.match(await post('password/forgot', { email }), {
      status: 422,
      body: { errors: [{ pointer: '#/email', code: 'invalid_email' }] },
    })
  const { mails } = backend.store.tables
  t.same(await backend.store.query((q) => q.select().from(mails)), [])
})

await test('a link of an address that was given up, or of an older password, is void', async (t) => {
  const { verified, delivered, post, logsIn, clock } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  const link = async (email: string) => {
    clock.advance(61)
    await post('password/forgot', { email })
    return (await delivered()).map(tokenIn).find(Boolean)
  }
  const refused = { status: 422, body: { code: 'link_invalid' } }

  const old = await link('a@example.com')
  await alice.patch('/api/v2/me', { email: 'b@example.com' })
  const token = (await delivered()).map(tokenIn).find(Boolean)
  t.match(await post('email/verify', { token }), { status: 204 })
  t.match(await post('password/reset', { token: old, new_password: NEW_PASSWORD }), refused)

  const stolen = await link('b@example.com')
  t.ok(stolen)
  const change = { current_password: PASSWORD, new_password: 'a third place to think' }
  t.match(await alice.post('/api/v2/auth/password/change', change), { status: 204 })
  t.match(await post('password/reset', { token: stolen, new_password: NEW_PASSWORD }), refused)
  t.equal(await logsIn('alice', change.new_password), 200)
})

await test('whoever registered the address of somebody else keeps no way in behind a reset', async (t) => {
  const started = await scene(t)
  const { verified, delivered, post, request, logsIn, login } = started
  const body = { username: 'squatter', password: PASSWORD, email: 'owner@example.com' }
  const { id } = (await request('POST', '/api/v1/users', { body })).body
  const owner = await verified('alice', 'a@example.com')
  const reset = async (email: string) => {
    await post('password/forgot', { email })
    const token = (await delivered()).map(tokenIn).find(Boolean)
    t.equal((await post('password/reset', { token, new_password: NEW_PASSWORD })).status, 204)
  }
  const people = [await login('squatter', id), owner]
  const keys: string[] = []
  for (const person of people) keys.push((await keyOf(started, person, ['account:read'])).key)
  const statuses = () =>
    Promise.all(
      keys.map(async (key) => {
        const headers = { 'x-api-key': key }
        return (await request('GET', '/api/v2/me', { headers })).status
      }),
    )
  await enableTotp(started, { id, username: 'squatter' })
  t.same(await statuses(), [200, 200])
  await reset('owner@example.com')
  await reset('a@example.com')
  t.same(await statuses(), [401, 401], 'nor do those who have confirmed it')
  t.equal(await logsIn('squatter', NEW_PASSWORD), 200, 'no second factor of the stranger')

  await enableTotp(started, { id, username: 'squatter' })
  started.clock.advance(61)
  await reset('owner@example.com')
  t.equal(
    await logsIn('squatter', NEW_PASSWORD),
    401,
    'the first reset has confirmed the address: from then on a mailbox does not stand for the second factor',
  )
})
