import { test, type Test } from 'tap'
import { start } from '../helper.ts'
import { actorOf, enableTotp } from './credentials.ts'
import { enter, login, PASSWORD, register } from './v2/session.ts'

/** An admin whose request has been let in, by a session and by a key, and whom another one demotes before it is written. */
async function scene(t: Test, env: Record<string, string> = {}) {
  const node = await start(t, { env })
  const { backend } = node
  const { accounts, invitations, apiKeys } = backend
  await accounts.setRole((await register(node, 'root2')).id, 'admin')
  const { id } = await register(node, 'boss')
  await accounts.setRole(id, 'admin')
  const { access } = await enter(node, 'boss')
  const session = {
    ...actorOf({ id, username: 'boss', accessToken: access }),
    role: 'admin',
    type: 'access',
    authenticatedAt: backend.clock.now().getTime(),
  } as const
  const { id: keyId } = await apiKeys.create(session, { name: 'x', scopes: ['users:write'] })
  const bob = await register(node, 'bob', 'bob@example.com')
  await enableTotp(node, { ...bob, accessToken: (await enter(node, 'bob')).access })
  const { id: open } = await invitations.create({ role: 'user' })
  const state = async () => {
    const { users, invitations: sent, totpFactors, auditEvents } = backend.store.tables
    const all = [users, sent, totpFactors, auditEvents] as const
    return Promise.all(all.map((table) => backend.store.query((q) => q.select().from(table))))
  }
  return {
    node,
    id,
    bob,
    open,
    session,
    byKey: { ...session, sessionId: '', keyId, type: 'key' } as const,
    state,
  }
}

await test('S86 who is an admin no more when it is written has done nothing as one', async (t) => {
  const { node, id, bob, open, session, byKey, state } = await scene(t)
  const { accounts, invitations } = node.backend
  await accounts.setRole(id, 'moderator')
  const before = await state()
  for (const [by, actor] of Object.entries({ session, key: byKey })) {
    const acts: Record<string, () => Promise<unknown>> = {
      password: () => accounts.administer(actor, bob.id, { password: `${PASSWORD} 2` }),
      status: () => accounts.administer(actor, bob.id, { status: 'suspended' }),
      email: () => accounts.administer(actor, bob.id, { email: 'thief@example.com' }),
      role: () => accounts.administer(actor, bob.id, { role: 'admin' }),
      'their own role': () => accounts.administer(actor, id, { role: 'user' }),
      'a change by v1': () => accounts.update(actor, bob.id, { username: 'mine' }),
      deletion: () => accounts.remove(actor, bob.id),
      factor: () => accounts.removeFactor(actor, bob.id),
      'a new account': () =>
        accounts.create(actor, { username: 'carol', password: PASSWORD }, { role: 'admin' }),
      invitation: () => invitations.create({ role: 'admin' }, actor),
      'the end of one': () => invitations.revoke(open, actor),
    }
    for (const [name, act] of Object.entries(acts))
      await t.rejects(act(), { code: 'INSUFFICIENT_ROLE', statusCode: 403 }, `${name} by ${by}`)
  }
  t.strictSame(await state(), before)
  t.match(await accounts.update(session, id, { username: 'worker' }), { username: 'worker' })
})

await test('S86 whoever is demoted while the server hashes a password has not set it', async (t) => {
  const { node, id, bob } = await scene(t, { BCRYPT_COST: '10' })
  const boss = await enter(node, 'boss')
  const requests = [
    ['PATCH', `/api/v2/users/${bob.id}`, { password: `${PASSWORD} 2` }],
    ['POST', '/api/v2/users', { username: 'carol', password: PASSWORD }],
  ] as const
  for (const [method, url, body] of requests) {
    await node.backend.accounts.setRole(id, 'admin')
    const underway = boss.send(method, url, body)
    await node.backend.accounts.setRole(id, 'user')
    t.match(await underway, { status: 403, body: { code: 'insufficient_role' } }, url)
  }
  t.match(await login(node, 'carol'), { status: 401 })
  t.match(await login(node, 'bob'), { body: { code: 'otp_required' } }, 'as it was')
})
