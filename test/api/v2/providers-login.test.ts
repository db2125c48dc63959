import { test } from 'tap'
import { bearer } from '../v1/forge.ts'
import { PASSWORD, refused } from './session.ts'
import { start } from '../../helper.ts'
import { browsers, opened, providersOf, verified } from './signing-in.ts'

await test('the first sign-in makes an account, the next ones find it', async (t) => {
  const { become, people, linked, actions, clock } = await opened(t)
  const alice = await become({ ...verified('7', 'alice@example.com'), preferred_username: 'alice' })
  t.match(alice, {
    username: 'alice',
    email: 'alice@example.com',
    pending_email: null,
    role: 'user',
  })
  const [user] = await people()
  t.match(user, { passwordHash: '!', passwordSet: false, status: 'active', emailVerifiedAt: Date })
  clock.advance(60)
  const again = await become(verified('7', 'new@example.com'))
  t.equal(again.id, alice.id)
  t.equal(again.email, 'alice@example.com', 'what the provider says later changes no account')
  const [identity, ...others] = await linked()
  t.match(identity, {
    userId: alice.id,
    provider: 'example',
    subject: '7',
    email: 'new@example.com',
  })
  t.strictSame(others, [])
  t.equal((await actions('login.provider')).length, 2)
  t.match(await actions('login.provider'), [{ outcome: 'success', actorId: alice.id }])
  t.equal((await actions('identity.link')).length, 1)
  t.equal((await actions('register')).length, 1)
  t.equal((await actions('login')).length, 0, 'how somebody came in is marked')
})

await test('names of newcomers are made valid and unique', async (t) => {
  const { become, as } = await opened(t)
  await as('taken')
  let sub = 0
  for (const [says, name] of [
    [{ preferred_username: 'Zoë Ångström' }, /^Zoë-Ångström$/],
    [{ preferred_username: '', name: 'Bob Baker' }, /^Bob-Baker$/],
    [{ preferred_username: 'carol@example.com' }, /^carol$/],
    [{ email: 'dave@example.com' }, /^dave$/],
    [{ preferred_username: 'TAKEN' }, /^TAKEN-[0-9a-f]{6}$/],
    [{ preferred_username: 'admin' }, /^user-[0-9a-f]{6}$/],
    [{ preferred_username: 'x' }, /^user-[0-9a-f]{6}$/],
    [{ preferred_username: '!!!', name: '<script>alert(1)' }, /^script-alert-1$/],
    [{ preferred_username: 'x'.repeat(90) }, /^x{24}$/],
    [{ preferred_username: 'y'.repeat(101) }, /^user-[0-9a-f]{6}$/],
    [{ preferred_username: 5, name: null }, /^user-[0-9a-f]{6}$/],
    [{ preferred_username: '山田太郎' }, /^山田太郎$/],
    [{}, /^user-[0-9a-f]{6}$/],
  ] as const)
    t.match((await become({ sub: `s${++sub}`, ...says })).username, name, JSON.stringify(says))
})

await test('an address that both sides have confirmed links to the account, which is told', async (t) => {
  const { become, local, linked, people } = await opened(t)
  const alice = await local('alice', 'Alice@Example.com')
  t.equal((await become(verified('7', 'alice@example.COM'))).id, alice.id)
  t.match(await linked(), [{ userId: alice.id, subject: '7' }])
  t.equal((await people()).length, 1)
  t.match(await people(), [{ passwordSet: true, email: 'Alice@Example.com' }])
  t.equal((await become({ sub: '7' })).id, alice.id, 'from then on the identity does')
})

await test('an address that either side has not confirmed takes over nothing', async (t) => {
  const { become, local, backend, people } = await opened(t)
  const alice = await local('alice', 'alice@example.com')
  for (const [sub, email_verified] of [
    ['a', false],
    ['b', undefined],
    ['c', 'true'],
    ['d', 1],
  ]) {
    const stranger = await become({ sub, email: 'alice@example.com', email_verified })
    t.not(stranger.id, alice.id)
    t.match(stranger, { email: null, pending_email: 'alice@example.com' })
  }
  const bob = await local('bob', 'bob@example.com', { isVerified: false })
  const owner = await become(verified('e', 'bob@example.com'))
  t.not(owner.id, bob.id, 'an address that nobody has confirmed')
  t.equal(owner.email, 'bob@example.com', 'goes to whoever has')
  t.match(
    (await people()).find(({ id }) => id === bob.id),
    { email: null, pendingEmail: 'bob@example.com' },
  )
  const carol = await backend.accounts.register(
    { username: 'carol', password: PASSWORD, email: 'carol@example.com' },
    { emailPending: true },
  )
  const first = await become(verified('f', 'carol@example.com'))
  t.not(first.id, carol.id, 'a pending address')
  t.match(await become({ sub: 'g', email: 'no address', email_verified: true }), {
    email: null,
    pending_email: null,
  })
})

await test('a suspended user stays out, and gets no second account', async (t) => {
  const { become, local, provider, signIn, backend, people, linked, actions } = await opened(t)
  const alice = await become(verified('7', 'alice@example.com'))
  const bob = await local('bob', 'bob@example.com')
  for (const { id } of [alice, bob]) await backend.accounts.setStatus(id, 'suspended')
  for (const says of [verified('7', 'alice@example.com'), verified('8', 'bob@example.com')]) {
    provider.state.says = says
    refused(t, await signIn(provider.visit), 403, 'account_suspended')
  }
  t.equal((await people()).length, 2)
  t.equal((await linked()).length, 1)
  t.match(await actions('login.provider'), [
    { outcome: 'success' },
    { outcome: 'failure', targetId: String(alice.id) },
    { outcome: 'failure', targetId: String(bob.id) },
  ])
  await backend.accounts.setStatus(alice.id, 'active')
  t.equal((await become({ sub: '7' })).id, alice.id)
})

await test('a session that a provider opened is one like any other', async (t) => {
  const { become, provider, signIn, goTo, spend, request, actions } = await opened(t)
  const { token, id } = await become({ sub: '7' })
  const get = (path: string) => request('GET', `/api/v2${path}`, bearer(token))
  t.equal((await get('/auth/sessions')).body.data.length, 1)
  t.match(
    (await get('/me/activity')).body.data.map(({ action }: { action: string }) => action),
    ['login.provider', 'identity.link', 'register'],
  )
  provider.state.says = { sub: '7' }
  const { body } = await signIn(provider.visit)
  const renewed = await request('POST', '/api/v2/auth/refresh', {
    body: { refresh_token: body.refresh_token },
  })
  t.equal(renewed.status, 200)
  t.not(renewed.body.refresh_token, body.refresh_token)

  const { code, verifier } = await goTo(provider.visit)
  const cookies = { code, verifier, transport: 'cookie' }
  const cross = await request('POST', '/api/v2/auth/providers/example/token', {
    body: cookies,
    headers: { origin: 'https://evil.test' },
  })
  refused(t, cross, 403, 'csrf_failed')
  const inCookies = await spend(cookies)
  t.match(inCookies, { status: 200, body: { transport: 'cookie', csrf_token: String } })
  t.equal([inCookies.headers['set-cookie']].flat().length, 2)

  const deleted = await request('DELETE', '/api/v2/me', bearer(token))
  t.equal(deleted.status, 204, 'the session is fresh')
  const kept = await actions('login.provider')
  for (const event of kept) t.match(event, { ip: null, actorId: id })
  t.not((await become({ sub: '7' })).id, id, 'who comes back is new')
})

await test('an account whose password nobody knows', async (t) => {
  const { become, request, backend } = await opened(t)
  const { token, username, id } = await become(verified('7', 'alice@example.com'))
  for (const password of ['!', '', PASSWORD])
    t.match(
      await request('POST', '/api/v2/auth/login', { body: { identifier: username, password } }),
      { status: 401, body: { code: 'invalid_credentials' } },
    )
  const auth = (path: string, body: object) =>
    request('POST', `/api/v2/auth/${path}`, { body, ...bearer(token) })
  const change = { current_password: '!', new_password: 'a louder place to read' }
  refused(t, await auth('password/change', change), 409, 'password_absent')
  refused(t, await auth('reauthenticate', { password: '!' }), 409, 'password_absent')
  await backend.accounts.setPassword(id, PASSWORD)
  t.match(
    await request('POST', '/api/v2/auth/login', {
      body: { identifier: 'alice@example.com', password: PASSWORD },
    }),
    { status: 200 },
  )
})

await test('it keeps no value of SECRET_KEY from being given up', async (t) => {
  const [before, after] = [
    'the value of before that is given up',
    'the value that comes after that one',
  ]
  const { become, databaseUrl, clock, provider } = await opened(t, { env: { SECRET_KEY: before } })
  const { id } = await become({ sub: '7' })
  const both = { SECRET_KEY: `${after},${before}` }
  const { backend } = await start(t, { databaseUrl, clock, env: both })
  await backend.keys.rewrap()
  const env = { ...providersOf(provider.issuer), SECRET_KEY: after }
  const last = await start(t, { databaseUrl, clock, env })
  const { body } = await browsers(last).signIn(provider.visit)
  const me = await last.request('GET', '/api/v2/me', bearer(body.access_token))
  t.equal(me.body.id, id)
})
