import { test, type Test } from 'tap'
import { mailServer } from '../../mail-server.ts'
import { bearer } from '../v1/forge.ts'
import { PASSWORD, refused } from './session.ts'
import { pkce, scene, verified } from './signing-in.ts'

const WHAT = 'The linked sign-ins of your account changed'
const IDENTITIES = '/api/v2/me/identities'

async function opened(t: Test, options = {}) {
  const all = await scene(t, options)
  const { request, provider, other, goTo, spend } = all
  const visits = { example: provider.visit, other: other.visit }
  /** A page whose user is at a provider as the provider says. @returns the code, and what proves that the page began it */
  async function codeOf(says: Record<string, unknown>, name: keyof typeof visits = 'example') {
    ;(name === 'example' ? provider : other).state.says = says
    const { code, verifier } = await goTo(visits[name], name)
    return { code, verifier }
  }
  /** A session of whoever the provider names. */
  async function enter(says: Record<string, unknown>) {
    const { body } = await spend(await codeOf(says))
    const token = String(body.access_token)
    const send = (method: string, path = '', sent?: object) =>
      request(method, `${IDENTITIES}${path}`, { ...bearer(token), ...(sent && { body: sent }) })
    return { token, send }
  }
  return { ...all, codeOf, enter }
}

await test('who is signed in links an identity, sees it and takes it away', async (t) => {
  const { as, codeOf, spend, actions, request } = await opened(t)
  const alice = await as('alice')
  t.match(await alice.get(IDENTITIES), { status: 200, body: { data: [] } })
  const linked = await alice.post(IDENTITIES, await codeOf({ sub: '7', email: 'a@example.com' }))
  t.match(linked, {
    status: 201,
    body: { id: Number, provider: 'example', email: 'a@example.com' },
  })
  const location = linked.headers['location'] ?? ''
  t.equal(location, `${IDENTITIES}/${linked.body.id}`)
  t.strictSame((await alice.get(location)).body, linked.body)
  t.strictSame((await alice.get(IDENTITIES)).body, { data: [linked.body] })
  const { body } = await spend(await codeOf({ sub: '7' }))
  const me = await request('GET', '/api/v2/me', bearer(body.access_token))
  t.equal(me.body.id, alice.id, 'it lets its owner in')
  t.match(await actions('identity.link'), [{ actorId: alice.id, targetType: 'identity' }])

  const bob = await as('bob')
  for (const reply of [await bob.get(location), await bob.delete(location)])
    refused(t, reply, 404, 'not_found', 'those of others')
  t.match((await bob.get(IDENTITIES)).body, { data: [] })
  t.equal((await alice.delete(location)).status, 204)
  refused(t, await alice.delete(location), 404, 'not_found')
  t.match(await actions('identity.unlink'), [{ actorId: alice.id, targetId: location.slice(22) }])
  const stranger = await spend(await codeOf({ sub: '7' }))
  const other = await request('GET', '/api/v2/me', bearer(stranger.body.access_token))
  t.not(other.body.id, alice.id, 'nobody is let in by it any more')
})

await test('an identity belongs to one account, and a code links once', async (t) => {
  const { as, codeOf, goTo, provider, spend, linked, clock } = await opened(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  const first = await codeOf({ sub: '7' })
  refused(
    t,
    await alice.post(IDENTITIES, { ...first, verifier: pkce().verifier }),
    422,
    'link_invalid',
    'a code that another page began',
  )
  const replies = await Promise.all(Array.from({ length: 10 }, () => alice.post(IDENTITIES, first)))
  t.equal(replies.filter(({ status }) => status === 201).length, 1)
  refused(t, await bob.post(IDENTITIES, first), 422, 'link_invalid')
  refused(t, await spend(first), 422, 'link_invalid', 'nor does it log in')
  for (const client of [alice, bob])
    refused(t, await client.post(IDENTITIES, await codeOf({ sub: '7' })), 409, 'identity_taken')
  const used = await codeOf({ sub: '8' })
  t.equal((await spend(used)).status, 200)
  refused(t, await alice.post(IDENTITIES, used), 422, 'link_invalid', 'a code that logged in')
  const { code, verifier } = await goTo(provider.visit)
  clock.advance(61)
  refused(t, await alice.post(IDENTITIES, { code, verifier }), 422, 'link_invalid')
  t.equal((await linked()).length, 2)
})

await test('linking never moves an address, and asks for no verified one', async (t) => {
  const { as, codeOf, people } = await opened(t)
  const alice = await as('alice')
  t.equal((await alice.post(IDENTITIES, await codeOf(verified('7', 'a@example.com')))).status, 201)
  t.match(await people(), [{ id: alice.id, email: null, pendingEmail: null }])
})

await test('the last way in stays', async (t) => {
  const { enter, codeOf, backend, linked, request } = await opened(t)
  const { send, token } = await enter({ sub: '7' })
  const [only] = (await send('GET')).body.data
  refused(t, await send('DELETE', `/${only.id}`), 409, 'last_way_in')
  const second = await send('POST', '', await codeOf({ sub: '8' }, 'other'))
  const replies = await Promise.all([only.id, second.body.id].map((id) => send('DELETE', `/${id}`)))
  for (const status of [204, 409])
    t.equal(replies.filter((reply) => reply.status === status).length, 1, 'of two at once, one')
  const id = Number((await linked())[0]?.id)
  refused(t, await send('DELETE', `/${id}`), 409, 'last_way_in')

  const { id: userId } = (await request('GET', '/api/v2/me', bearer(token))).body
  const { identities } = backend.store.tables
  const now = new Date()
  await backend.store.transaction((tx) =>
    tx.query((q) =>
      q.insert(identities).values({
        userId,
        provider: 'gone',
        subject: '1',
        createdAt: now,
        lastUsedAt: now,
      }),
    ),
  )
  refused(t, await send('DELETE', `/${id}`), 409, 'last_way_in', 'one at a provider of before')
  await backend.accounts.setPassword(userId, PASSWORD)
  const { body } = await request('POST', '/api/v2/auth/login', {
    body: { identifier: 'user@example.com', password: PASSWORD },
  })
  t.equal(body.code, 'invalid_credentials')
  const { username } = await backend.accounts.find(userId)
  const login = await request('POST', '/api/v2/auth/login', {
    body: { identifier: username, password: PASSWORD },
  })
  const owner = bearer(login.body.access_token)
  const again = await request('POST', IDENTITIES, { body: await codeOf({ sub: '9' }), ...owner })
  t.equal(again.status, 201)
  for (const identity of (await request('GET', IDENTITIES, owner)).body.data)
    t.equal(
      (await request('DELETE', `${IDENTITIES}/${identity.id}`, owner)).status,
      204,
      'with a password that its owner knows',
    )
})

await test('linking and taking away need a fresh session', async (t) => {
  const { as, codeOf, clock } = await opened(t, { env: { JWT_ACCESS_TOKEN_EXPIRES: '3600' } })
  const alice = await as('alice')
  const linked = await alice.post(IDENTITIES, await codeOf({ sub: '7' }))
  clock.advance(15 * 60 + 1)
  refused(t, await alice.post(IDENTITIES, await codeOf({ sub: '8' })), 403, 'fresh_login_required')
  refused(t, await alice.delete(`${IDENTITIES}/${linked.body.id}`), 403, 'fresh_login_required')
  t.equal((await alice.get(IDENTITIES)).status, 200)
})

await test('what is refused', async (t) => {
  const { as, request } = await opened(t)
  const alice = await as('alice')
  const { verifier } = pkce()
  for (const body of [{}, { code: 'x' }, { verifier }, { code: 'x', verifier, user_id: 1 }])
    refused(t, await alice.post(IDENTITIES, body), 422, 'validation_failed')
  refused(t, await alice.post(IDENTITIES, { code: 'x', verifier }), 422, 'link_invalid')
  for (const id of ['0', '1e3', '01', 'x', '2147483648'])
    refused(t, await alice.delete(`${IDENTITIES}/${id}`), 422, 'validation_failed', id)
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['GET', '/1'],
    ['DELETE', '/1'],
  ] as const)
    refused(t, await request(method, IDENTITIES + path), 401, 'token_missing')
})

await test('its owner is mailed of what is linked and taken away', async (t) => {
  const server = await mailServer(t)
  const env = { SMTP_URL: server.url, MAIL_FROM: 'Commonplace <noreply@example.com>' }
  const { codeOf, spend, backend, enter } = await opened(t, { env })
  const { send } = await enter(verified('7', 'alice@example.com'))
  await backend.outbox.deliver()
  t.equal(server.mails.length, 0, 'a newcomer knows')
  t.equal((await spend(await codeOf(verified('8', 'alice@example.com')))).status, 200)
  await backend.outbox.deliver()
  t.match(server.mails, [
    {
      to: [{ address: 'alice@example.com' }],
      subject: WHAT,
    },
  ])
  const linked = await send('POST', '', await codeOf({ sub: '9' }, 'other'))
  await send('DELETE', `/${linked.body.id}`)
  await spend(await codeOf({ sub: '10', email: 'bob@example.com' }))
  await backend.outbox.deliver()
  const subjects = server.mails.slice(1).map(({ subject }) => subject)
  t.strictSame(new Set(subjects), new Set([WHAT, 'Confirm your email address']))
  t.equal(subjects.length, 3)
})
