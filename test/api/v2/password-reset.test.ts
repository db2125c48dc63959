import { test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { NEW_PASSWORD, scene } from './mailing.ts'

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
