import { test } from 'tap'
import { enableTotp } from '../credentials.ts'
import { scene } from './mailing.ts'

const OWNERS = 'owner@example.com'

await test('S83 whoever is suspended is told, at the confirmed address alone, and once', async (t) => {
  const { verified, register, delivered, as } = await scene(t)
  const owner = await verified('owner', OWNERS)
  const pending = await register('pending', 'pending@example.com')
  await delivered()
  const boss = await as('boss', 'admin')
  for (const { id } of [owner, owner, pending])
    t.match(await boss.patch(`/api/v2/users/${id}`, { status: 'suspended' }), { status: 200 })
  const mails = await delivered()
  t.match(mails, [{ subject: 'Your account was suspended', to: [{ address: OWNERS }] }])
  t.equal(mails.length, 1)
  t.match(mails[0]?.html, /was suspended on/)
  t.notMatch(mails[0]?.text, /set a new password/i, 'there is no way back in by mail')
})

await test('S83 an admin is told of an invitation in their name', async (t) => {
  const { verified, delivered, backend } = await scene(t)
  const boss = await verified('boss', OWNERS)
  await backend.accounts.setRole(boss.id, 'admin')
  t.match(await boss.post('/api/v2/invitations', { role: 'user' }), { status: 201 })
  t.match(await delivered(), [
    { subject: 'An invitation was made', to: [{ address: OWNERS }], text: /set a new password/ },
  ])
  await backend.invitations.create({ role: 'user' })
  t.same(await delivered(), [], 'nor is anybody of those of an operator')
})

await test('S83 the mail with a link for a new password says that a second factor stays, where one is on', async (t) => {
  const all = await scene(t)
  const { verified, delivered, post, clock } = all
  const owner = await verified('owner', OWNERS)
  const forgotten = async () => {
    clock.advance(61)
    await post('password/forgot', { email: OWNERS })
    return (await delivered())[0]
  }
  t.notMatch((await forgotten())?.text, /second factor/)
  await enableTotp(all, owner)
  await delivered()
  const mail = await forgotten()
  for (const text of [mail?.text, mail?.html]) {
    t.match(text, /A second\s+factor\s+is\s+on,\s+and\s+stays/)
    t.match(text, /can\s+remove\s+it/)
  }
})

await test('S90 what bars an account is shown to it and to admins, and its tokens are not active', async (t) => {
  const { as, login, backend, request } = await scene(t)
  const boss = await as('boss', 'admin')
  const { id } = await as('alice')
  const url = `/api/v2/users/${id}`
  t.match(await boss.get(url), { body: { must_change_password: false } })
  const set = await boss.patch(url, { must_change_password: true })
  t.match(set, { status: 200, body: { must_change_password: true } })
  const alice = await login('alice', id)
  t.match(await alice.get('/api/v2/me'), { status: 200, body: { must_change_password: true } })
  t.match((await boss.get('/api/v2/users?role=user')).body.data, [{ must_change_password: true }])
  t.equal('must_change_password' in (await request('GET', url)).body, false, 'nobody else')

  const key = await backend.apiKeys.create(
    {
      id: boss.id,
      username: 'boss',
      role: 'admin',
      sessionId: '',
      origin: { ip: '', userAgent: undefined, requestId: '' },
    },
    { name: 'x', scopes: ['tokens:introspect'] },
  )
  const active = async () =>
    (
      await request('POST', '/api/v2/auth/introspect', {
        body: new URLSearchParams({ token: alice.accessToken }).toString(),
        headers: {
          'x-api-key': key.key,
          'content-type': 'application/x-www-form-urlencoded',
        },
      })
    ).body
  t.strictSame(await active(), { active: false })
  await boss.patch(url, { must_change_password: false })
  t.match(await active(), { active: true })
  await boss.patch(url, { status: 'suspended' })
  t.strictSame(await active(), { active: false })
})
