import { test } from 'tap'
import { enableTotp } from './credentials.ts'
import { PASSWORD, scene } from './v2/mailing.ts'
import { events, refused } from './v2/session.ts'

await test('S86 an admin helps who has lost the factor and the codes', async (t) => {
  const node = await scene(t)
  const { as, backend, delivered, logsIn, verified, login } = node
  const boss = await as('boss', 'admin')
  const alice = await verified('alice', 'alice@example.com')
  const elsewhere = await login('alice', alice.id)
  const bob = await verified('bob', 'bob@example.com')
  for (const person of [alice, bob]) await enableTotp(node, person)
  await delivered()
  t.equal(await logsIn('alice'), 401)

  const url = `/api/v2/users/${alice.id}/totp`
  for (const by of [await as('carl'), await as('mod', 'moderator')])
    refused(t, await by.delete(url), 403, 'insufficient_role')
  t.match(await boss.delete(url), { status: 204, text: '' })

  t.equal(await logsIn('alice'), 200, 'the password alone')
  t.equal(await logsIn('bob'), 401, 'nobody else')
  for (const session of [alice, elsewhere])
    refused(t, await session.get('/api/v2/me'), 401, 'token_revoked')
  const { recoveryCodes } = backend.store.tables
  const codes = await backend.store.query((q) => q.select().from(recoveryCodes))
  t.ok(codes.every(({ userId }) => userId !== alice.id))
  t.match(await delivered(), [{ to: [{ address: 'alice@example.com' }], subject: /second factor/ }])
  t.match(await events(node, 'totp.disable'), [
    { outcome: 'success', actorId: boss.id, targetType: 'user', targetId: String(alice.id) },
  ])
  const next = await login('alice', alice.id)
  const activity = await next.get('/api/v2/me/activity')
  const shown = activity.body.data.find(
    ({ action }: { action: string }) => action === 'totp.disable',
  )
  t.match(shown, { actor_id: boss.id, ip: null }, 'who did it, and not from where')

  refused(t, await boss.delete(url), 409, 'totp_absent')
  refused(t, await boss.delete('/api/v2/users/2147483647/totp'), 404, 'not_found')
  t.match(await boss.post('/api/v2/auth/reauthenticate', { password: PASSWORD }), { status: 204 })
})
