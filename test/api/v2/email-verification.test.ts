import { test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { NEW_PASSWORD, PASSWORD, scene } from './mailing.ts'

await test('an address is confirmed by the token that is mailed to it', async (t) => {
  const { register, delivered, post, me, logsIn } = await scene(t)
  const alice = await register('alice', 'Alice@Example.com')
  t.match(await me(alice), { email: null, pending_email: 'Alice@Example.com' })
  t.equal(await logsIn('alice@example.com'), 401, 'a pending address logs nobody in')
  const [mail] = await delivered()
  t.match(mail, {
    subject: 'Confirm your email address',
    from: { address: 'noreply@example.com' },
    to: [{ address: 'Alice@example.com' }],
    text: /Hello alice,/,
    html: /<a href="http:\/\/localhost:\d+\/v#[\w-]{40}">/,
  })
  const token = mail && tokenIn(mail)
  for (const wrong of ['x', `${token}x`, token?.toUpperCase()])
    t.match(await post('email/verify', { token: wrong }), {
      status: 422,
      body: { code: 'link_invalid' },
    })
  t.match(await post('password/reset', { token, new_password: NEW_PASSWORD }), {
    status: 422,
    body: { code: 'link_invalid' },
  })
  t.match(await post('email/verify', { token }), { status: 204 })
  t.match(await me(alice), { email: 'Alice@Example.com', pending_email: null })
  t.equal(await logsIn('alice@example.com'), 200)
  t.match(await post('email/verify', { token }), { status: 422 }, 'good once')
  t.same(await delivered(), [], 'each mail goes once')
})

await test('S16 whether an address is taken shows in its mailbox alone', async (t) => {
  const { register, verified, delivered, post, me, logsIn, clock } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  clock.advance(61)
  const bob = await register('bob', 'A@EXAMPLE.com')
  t.match(await me(bob), { email: null, pending_email: 'A@EXAMPLE.com' })
  const mails = await delivered()
  t.match(mails, [
    {
      subject: 'Your email address was used to register',
      text: /Hello alice,/,
      to: [{ address: 'a@example.com' }],
    },
  ])
  t.notMatch(mails[0]?.text, /bob|#/, 'no token, and nothing of the other account')
  t.match(await me(alice), { email: 'a@example.com' })
  t.equal(await logsIn('a@example.com'), 200)
  t.match(await post('email/resend', undefined, { authorization: `Bearer ${bob.accessToken}` }), {
    status: 202,
  })
})

await test('of two who want an address, the first to confirm it gets it', async (t) => {
  const { register, delivered, post, me, clock } = await scene(t)
  const bob = await register('bob', 'a@example.com')
  const [forBob] = await delivered()
  clock.advance(61)
  const carol = await register('carol', 'a@example.com')
  const [forCarol] = await delivered()
  t.match(await post('email/verify', { token: forCarol && tokenIn(forCarol) }), { status: 204 })
  t.match(await post('email/verify', { token: forBob && tokenIn(forBob) }), {
    status: 422,
    body: { code: 'link_invalid' },
  })
  t.match(await me(carol), { email: 'a@example.com' })
  t.match(await me(bob), { email: null, pending_email: 'a@example.com' })
})

await test('an address that v1 took unconfirmed gives way to whoever confirms it', async (t) => {
  const { request, register, delivered, post, me, logsIn, login } = await scene(t)
  const { body } = await request('POST', '/api/v1/users', {
    body: { username: 'squatter', password: PASSWORD, email: 'a@example.com' },
  })
  const squatter = await login('squatter', body.id)
  t.equal(await logsIn('a@example.com'), 200)
  const alice = await register('alice', 'a@example.com')
  const [mail] = await delivered()
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await me(alice), { email: 'a@example.com' })
  t.match(await me(squatter), { email: null, pending_email: 'a@example.com' })
  const { body: pair } = await post('login', { identifier: 'a@example.com', password: PASSWORD })
  const { body: who } = await request('GET', '/api/v2/me', {
    headers: { authorization: `Bearer ${pair.access_token}` },
  })
  t.equal(who.username, 'alice')
})

await test('S85 another confirmation mail', async (t) => {
  const { register, delivered, post, clock, verified } = await scene(t)
  const alice = await register('alice', 'a@example.com')
  const headers = { authorization: `Bearer ${alice.accessToken}` }
  const [first] = await delivered()
  t.match(await post('email/resend', undefined, headers), {
    status: 429,
    headers: { 'retry-after': /^(59|60)$/ },
    body: { code: 'rate_limited' },
  })
  t.same(await delivered(), [], 'at most once a minute')
  clock.advance(61)
  t.match(await post('email/resend', undefined, headers), { status: 202 })
  const [second] = await delivered()
  t.match(await post('email/verify', { token: first && tokenIn(first) }), { status: 204 })
  t.match(
    await post('email/verify', { token: second && tokenIn(second) }),
    { status: 422 },
    'using one ends all',
  )
  clock.advance(61)
  t.match(await post('email/resend', undefined, headers), { status: 202 })
  t.same(await delivered(), [], 'there is nothing to confirm')
  const nobody = await register('nobody')
  t.match(
    await post('email/resend', undefined, { authorization: `Bearer ${nobody.accessToken}` }),
    { status: 202 },
  )
  t.same(await delivered(), [])
  t.match(await post('email/resend'), { status: 401 })
  t.ok(await verified('bob', 'b@example.com'))
})

await test('a token of a mail lasts 24 hours, and not longer than its address', async (t) => {
  const { register, delivered, post, clock, login } = await scene(t)
  await register('alice', 'a@example.com')
  const [old] = await delivered()
  clock.advance(24 * 3600 + 1)
  t.match(await post('email/verify', { token: old && tokenIn(old) }), { status: 422 })

  const bob = await register('bob', 'b@example.com')
  const [mail] = await delivered()
  const again = await login('bob', bob.id)
  t.match(await again.patch('/api/v2/me', { email: 'c@example.com' }), { status: 200 })
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 422 })
  const [newer] = await delivered()
  t.match(newer, { to: [{ address: 'c@example.com' }] })
})

await test('a new address is confirmed before it takes over, and the old one is told', async (t) => {
  const { verified, delivered, post, me } = await scene(t)
  const alice = await verified('alice', 'old@example.com')
  await alice.patch('/api/v2/me', { email: 'new@example.com' })
  t.match(await me(alice), { email: 'old@example.com', pending_email: 'new@example.com' })
  const mails = await delivered()
  const mail = mails.find(({ subject }) => subject === 'Confirm your email address')
  t.match(mail, { to: [{ address: 'new@example.com' }] })
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await me(alice), { email: 'new@example.com', pending_email: null })
  t.match(await delivered(), [
    {
      subject: 'The email address of your account changed',
      to: [{ address: 'old@example.com' }],
    },
  ])
})
