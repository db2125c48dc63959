import { test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { codeOf, enableTotp } from '../credentials.ts'
import { NEW_PASSWORD, PASSWORD, scene } from './mailing.ts'

const OWNERS = 'owner@example.com'
const byText = (a: string, b: string) => a.localeCompare(b)
const KEYS = '/api/v2/auth/api-keys'
const KEY = { name: 'a key', scopes: ['todos:read'] }

await test('S83 the owner is told at the confirmed address when something is asked for', async (t) => {
  const { verified, delivered } = await scene(t)
  const owner = await verified('owner', OWNERS)
  const told = async () =>
    (await delivered())
      .filter(({ to }) => to?.[0]?.address === OWNERS)
      .map(({ subject, text }) => ({ subject, text }))
  for (const [ask, subject] of [
    [
      () => owner.patch('/api/v2/me', { email: 'new@example.com' }),
      'A new email address was asked for',
    ],
    [() => owner.post(KEYS, KEY), 'A new API key was made'],
    [() => owner.post('/api/v2/auth/totp'), 'A second factor was begun'],
    [() => owner.post('/api/v2/me/exports'), 'A copy of all your data was asked for'],
  ] as const) {
    t.match(await ask(), { status: /^20[01]$/ })
    t.match(await told(), [{ subject, text: /Hello owner,[\s\S]*set a new password/ }])
  }
})

await test('S83 an address that nobody has confirmed is told nothing but to confirm it', async (t) => {
  const { register, request, login, delivered, post } = await scene(t)
  const pending = await register('pending', 'pending@example.com')
  const body = { username: 'older', password: PASSWORD, email: 'v1@example.com' }
  const { id } = (await request('POST', '/api/v1/users', { body })).body
  t.match(await delivered(), [{ subject: 'Confirm your email address' }])
  for (const person of [pending, await login('older', id)]) {
    const change = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    t.match(await person.post(KEYS, KEY), { status: 201 })
    t.match(await person.post('/api/v2/me/exports'), { status: 201 })
    t.match(await person.post('/api/v2/auth/totp'), { status: 201 })
    t.match(await person.post('/api/v2/auth/password/change', change), { status: 204 })
    t.match(await person.patch('/api/v2/me', { email: null }), { status: 200 })
  }
  t.same(await delivered(), [])
  t.match(await post('password/forgot', { email: 'pending@example.com' }), { status: 202 })
  t.same(await delivered(), [])
})

await test('S83 who knows the password and tries codes is told of, once an hour', async (t) => {
  const started = await scene(t)
  const { verified, delivered, post, clock, backend } = started
  const owner = await verified('owner', OWNERS)
  await enableTotp(started, owner)
  await delivered()
  const attempt = (password: string, otp?: string) =>
    post('login', { identifier: 'owner', password, ...(otp !== undefined && { otp }) })
  const wrong = codeOf('AAAAAAAA', started)
  t.match(await attempt('not the password', wrong), { status: 401 })
  t.match(await attempt(PASSWORD), { status: 401, body: { code: 'otp_required' } })
  t.same(await delivered(), [])
  const subject = 'Somebody got as far as your second factor, and gave a wrong code'
  for (let i = 0; i < 3; i++) {
    t.match(await attempt(PASSWORD, wrong), { status: 401, body: { code: 'otp_invalid' } })
    t.match(await delivered(), i === 0 ? [{ subject, to: [{ address: OWNERS }] }] : [])
    t.equal(
      (await backend.store.query((q) => q.select().from(backend.store.tables.mails))).length,
      i === 0 ? 0 : 1,
    )
  }
  clock.advance(3601)
  t.match(await delivered(), [{ subject }])
  clock.advance(3601)
  t.same(await delivered(), [])
})

await test('S83 what somebody uses up of one kind of mail holds back no other', async (t) => {
  const { verified, delivered, post, clock } = await scene(t)
  const owner = await verified('owner', OWNERS)
  for (let i = 0; i < 15; i++) {
    const { body } = await owner.post(KEYS, KEY)
    await owner.delete(`${KEYS}/${body.id}`)
  }
  t.equal((await delivered()).length, 10)
  await post('password/forgot', { email: OWNERS })
  const [mail, ...others] = await delivered()
  t.same(others, [])
  const reset = { token: mail && tokenIn(mail), new_password: NEW_PASSWORD }
  t.match(await post('password/reset', reset), { status: 204 })
  t.match(await delivered(), [{ subject: 'The password of your account changed' }])
  clock.advance(3600)
  t.match(await delivered(), [{ subject: 'A new API key was made' }], 'one for all the others')
})

await test('S83 a mailbox gets so many mails of one kind, whoever causes them, and the rest later', async (t) => {
  const { register, delivered, post, clock } = await scene(t)
  for (let i = 0; i < 12; i++) await register(`stranger-${i}`, 'Someone@example.com')
  await register('plus', 'Someone+plus@example.com')
  const told = async () =>
    (await delivered()).map(({ to }) => to?.[0]?.address ?? '').toSorted(byText)
  const first = await told()
  t.equal(first.filter((to) => to === 'Someone@example.com').length, 10)
  t.same(first.at(-1), 'Someone+plus@example.com', 'no rule for plus: a mailbox of its own')
  clock.advance(3601)
  const late = await delivered()
  t.equal(late.length, 2)
  t.match(await post('email/verify', { token: late[0] && tokenIn(late[0]) }), { status: 204 })
})

await test('S83 spelling an address in other cases makes no other mailbox of it', async (t) => {
  const { register, delivered } = await scene(t)
  for (let i = 0; i < 12; i++) {
    const local = 'abcdefghijkl'.replace(/[a-l]/g, (letter, at) => {
      return at === i ? letter.toUpperCase() : letter
    })
    await register(`stranger-${i}`, `${local}@example.com`)
  }
  t.equal((await delivered()).length, 10)
})
