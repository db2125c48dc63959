import { test } from 'tap'
import { start, type Started } from '../helper.ts'
import { keyOf } from './credentials.ts'
import { type Act, heldBack } from './held-back.ts'

const ACTS: Act[] = [
  ['PATCH', '/api/v2/posts/1', { title: 'another' }],
  ['DELETE', '/api/v2/posts/1', {}],
  ['POST', '/api/v2/posts/bulk', { operations: [{ op: 'delete', id: 1 }] }],
  ['PUT', '/api/v1/posts/1', { title: 'another', content: 'x' }],
  ['DELETE', '/api/v1/posts/1', {}],
  ['PATCH', '/api/v2/users/1', { status: 'suspended' }],
  ['PUT', '/api/v1/users/1', { username: 'another' }],
]
const title = async ({ backend }: Started) => (await backend.posts.find(1)).title

/** Somebody with a post, and a moderator or admin who is about to act on it. */
async function scene(...[t]: Parameters<typeof start>) {
  const started = await start(t)
  const alice = await started.as('alice')
  await alice.post('/api/v2/posts', { title: 'mine', content: 'x' })
  await started.as('another', 'admin')
  return { started, alice, admin: await started.as('mallory', 'admin') }
}

for (const act of ACTS) {
  const [method, url] = act
  await test(`S40 S41 ${method} ${url} whose body is held back until its sender may not any more does nothing`, async (t) => {
    const { started, alice, admin } = await scene(t)
    const { accounts } = started.backend
    const demoted = await heldBack(started, admin.accessToken, act)
    await accounts.setRole(admin.id, 'user')
    const reply = await demoted()
    // A bulk has a status for each of its operations.
    t.equal(reply, url.endsWith('/bulk') ? 200 : 403)
    await accounts.setRole(admin.id, 'admin')
    const suspended = await heldBack(started, admin.accessToken, act)
    await accounts.setStatus(admin.id, 'suspended')
    t.equal(await suspended(), 401)
    t.equal(await title(started), 'mine')
    t.match(await accounts.find(alice.id), { username: 'alice', status: 'active' })
  })
}

await test('S40 the same with a key that ends, and with a session that is logged out of', async (t) => {
  const { started, alice } = await scene(t)
  const act: Act = ['PATCH', '/api/v2/posts/1', { title: 'another' }]
  const { key, id } = await keyOf(started, alice, ['posts:write'])
  const byKey = await heldBack(started, key, act)
  t.match(await alice.delete(`/api/v2/auth/api-keys/${id}`), { status: 204 })
  t.equal(await byKey(), 401)
  const inTime = await heldBack(started, alice.accessToken, [
    'PATCH',
    act[1],
    { title: 'mine, too' },
  ])
  t.equal(await inTime(), 200)
  const loggedOut = await heldBack(started, alice.accessToken, act)
  t.match(await alice.post('/api/v2/auth/logout'), { status: 204 })
  t.equal(await loggedOut(), 401)
  t.equal(await title(started), 'mine, too')
})
