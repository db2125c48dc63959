import { test } from 'tap'
import { start } from '../../helper.ts'
import { actorOf, enableTotp } from '../credentials.ts'
import { type Act, heldBack } from '../held-back.ts'
import { enter, join } from './session.ts'

const EMAIL = 'thief@example.com'
/** What takes a fresh session. */
const ACTS: Act[] = [
  ['DELETE', '/api/v2/auth/totp', {}],
  ['POST', '/api/v2/auth/recovery-codes', {}],
  ['POST', '/api/v2/auth/api-keys', { name: 'x', scopes: ['posts:read'] }],
  ['POST', '/api/v2/me/exports', {}],
  ['PATCH', '/api/v2/me', { email: EMAIL }],
  ['PUT', '/api/v1/users/1', { email: EMAIL }],
  ['DELETE', '/api/v2/me', {}],
  ['DELETE', '/api/v1/users/1', {}],
]

for (const act of ACTS) {
  const [method, url] = act
  await test(`S86 ${method} ${url} whose body is held back until a factor comes is fresh no more`, async (t) => {
    const started = await start(t)
    const { backend } = started
    const alice = await join(started, 'alice')
    // Whoever knows the password alone was here just before.
    const intruder = await enter(started, 'alice')
    const finish = await heldBack(started, intruder.access, act)
    await enableTotp(started, { id: alice.id, username: 'alice', accessToken: alice.access })
    t.equal(await finish(), 403)
    t.ok(await backend.secondFactor.isActive(alice.id))
    t.match(await backend.accounts.find(alice.id), { pendingEmail: undefined })
    t.match(await alice.send('GET', '/api/v2/auth/api-keys'), { body: { data: [] } })
  })
}

await test('S86 what was let in before a factor comes does nothing after it', async (t) => {
  const started = await start(t)
  const { accounts, apiKeys, archives, secondFactor } = started.backend
  const alice = await join(started, 'alice')
  const person = { id: alice.id, username: 'alice' }
  const { access } = await enter(started, 'alice')
  const stale = actorOf({ ...person, accessToken: access })
  const fresh = { ...stale, type: 'access', authenticatedAt: Date.now() } as const
  await enableTotp(started, { ...person, accessToken: alice.access })
  const acts: Record<string, () => Promise<unknown>> = {
    remove: () => secondFactor.remove(fresh),
    renew: () => secondFactor.renewCodes(fresh),
    key: () => apiKeys.create(fresh, { name: 'x', scopes: ['posts:read'] }),
    archive: () => archives.offer(fresh),
    address: () => accounts.update(fresh, fresh.id, { email: EMAIL }, { emailPending: true }),
    delete: () => accounts.remove(fresh, fresh.id),
  }
  for (const [name, act] of Object.entries(acts))
    await t.rejects(act(), { code: 'FRESH_LOGIN_REQUIRED' }, name)
  t.ok(await secondFactor.isActive(alice.id))
  await accounts.update(stale, stale.id, { username: 'alicia' })
  t.match(await accounts.find(alice.id), { username: 'alicia' }, 'what takes no fresh session')
})
