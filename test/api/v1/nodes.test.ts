import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { eq } from '../../../src/db/drizzle.ts'
import { test, type Test } from 'tap'
import { sqliteFile } from '../../../src/db/open.ts'
import type { Queries, Store } from '../../../src/db/store.ts'
import { engine, openStore } from '../../database.ts'
import { start } from '../../helper.ts'
import { bearer, claimsOf, DOORS, knock, refused } from './forge.ts'

/**
 * Two nodes over one database: on SQLite two connections to one file, on PostgreSQL two pools. What one of them writes, the other
 * has to honour on the next request, although it remembers the token.
 */
async function pair(t: Test) {
  const one = await start(t)
  const { databaseUrl, clock } = one
  return { one, other: await start(t, { databaseUrl, clock }) }
}

await test('S38 what logs out on one node is logged out on the other, and after a restart', async (t) => {
  const { one, other } = await pair(t)
  const alice = await one.as('alice')
  const tokens = { access: alice.accessToken, refresh: alice.refreshToken }
  for (const node of [one, other, one, other])
    t.match(await node.request('GET', '/api/v1/me', bearer(tokens.access)), { status: 200 })
  t.match(await alice.post('/api/v1/logout'), { status: 200 })
  const { databaseUrl, clock } = one
  const restarted = await start(t, { databaseUrl, clock })
  for (const node of [other, one, restarted])
    for (const door of DOORS)
      refused(t, await knock(node, door, tokens[door.type]), 'Token has been revoked', door.name)
})

await test('a session that was opened on one node lives on the other', async (t) => {
  const { one, other } = await pair(t)
  const { accessToken, refreshToken, id } = await one.as('alice')
  t.match(await other.request('GET', '/api/v1/me', bearer(accessToken)), { body: { id } })
  const renewed = await other.request('POST', '/api/v1/refresh', bearer(refreshToken))
  const next = bearer(renewed.body.access_token)
  t.match(await one.request('GET', '/api/v1/me', next), { body: { id } })
})

await test('S41 a role that was given or taken counts from the next request on', async (t) => {
  const { one, other } = await pair(t)
  const [alice, bob] = [await one.as('alice'), await one.as('bob')]
  const post = await bob.post('/api/v1/posts', { title: 'mine', content: 'x' })
  const edit = (node: typeof one, title: string) =>
    node.request('PUT', String(post.headers['location']), {
      ...bearer(alice.accessToken),
      body: { title },
    })
  for (const node of [one, other]) {
    t.match(await edit(node, 'as a user'), { status: 403 })
    await one.backend.accounts.setRole(alice.id, 'moderator')
    t.match(await edit(node, 'as a moderator'), { status: 200 }, 'with the token of before')
    await other.backend.accounts.setRole(alice.id, 'user')
    t.match(await edit(node, 'as a user again'), { status: 403 })
  }
})

await test('S40 suspension, a new password and deletion end all sessions on all nodes', async (t) => {
  const { one, other } = await pair(t)
  const { accounts } = one.backend
  const origin = { ip: '192.0.2.1', userAgent: undefined, requestId: 'r' }
  const ways: Record<string, (id: number) => Promise<unknown>> = {
    suspended: (id) => accounts.setStatus(id, 'suspended'),
    changed: (id) => accounts.setPassword(id, 'another place to write'),
    deleted: (id) => accounts.remove({ id, username: '', role: 'user', sessionId: '', origin }, id),
  }
  for (const [name, end] of Object.entries(ways)) {
    const first = await one.as(name)
    const second = await other.login(name, first.id)
    const clients = [first, second]
    for (const { accessToken } of clients)
      for (const node of [one, other])
        t.match(await node.request('GET', '/api/v1/me', bearer(accessToken)), { status: 200 })
    await end(first.id)
    for (const { accessToken, refreshToken } of clients)
      for (const node of [other, one])
        for (const door of DOORS) {
          const token = door.type === 'access' ? accessToken : refreshToken
          refused(
            t,
            await knock(node, door, token),
            'Token has been revoked',
            `${name} ${door.name}`,
          )
        }
  }
  const suspended = await accounts.findByName('suspended')
  await accounts.setStatus(suspended.id, 'active')
  const { accessToken } = await one.as('suspended')
  const back = await one.request('GET', '/api/v1/me', bearer(accessToken))
  refused(t, back, 'Token has been revoked', 'restoring an account does not restore its sessions')
})

type Write = (q: Queries, store: Store) => ReturnType<Parameters<Store['define']>[1]>

await test('S38 S40 S41 what a token was found to be is forgotten with any write of another process', async (t) => {
  const node = await start(t)
  const store = await openStore(node.databaseUrl)
  t.teardown(() => store.close())
  const { users, sessions, tokenBlacklist, signingKeys } = store.tables
  const at = new Date()
  const revoked = 'Token has been revoked'
  const writes: Array<{
    name: string
    message: string
    write: (id: number, sid: string, jti: string) => Write
  }> = [
    {
      name: 'a blacklisted token',
      message: revoked,
      write: (userId, _sid, jti) => (q) =>
        q.insert(tokenBlacklist).values({
          jti,
          tokenType: 'access',
          userId,
          expiresAt: at,
          revokedAt: at,
          reason: 'test',
        }),
    },
    {
      name: 'an ended session',
      message: revoked,
      write: (_id, sid) => (q) =>
        q.update(sessions).set({ endedAt: at }).where(eq(sessions.id, sid)),
    },
    {
      name: 'an expired session',
      message: 'Token has expired',
      write: (_id, sid) => (q) =>
        q.update(sessions).set({ expiresAt: at }).where(eq(sessions.id, sid)),
    },
    {
      name: 'a session that is gone',
      message: revoked,
      write: (_id, sid) => (q) => q.delete(sessions).where(eq(sessions.id, sid)),
    },
    {
      name: 'a suspended user',
      message: revoked,
      write: (id) => (q) => q.update(users).set({ status: 'suspended' }).where(eq(users.id, id)),
    },
    {
      name: 'a deleted user',
      message: revoked,
      write: (id) => (q) => q.delete(users).where(eq(users.id, id)),
    },
    {
      name: 'a removed key',
      message: 'Invalid token',
      write: () => (q) => q.delete(signingKeys),
    },
  ]
  for (const [index, { name, message, write }] of writes.entries()) {
    const alice = await node.as(`alice-${index}`)
    const bob = await node.as('bob')
    for (const client of [alice, bob, alice, bob])
      t.match(await client.get('/api/v1/protected'), { status: 200 }, name)
    const { sid, jti } = claimsOf(alice.accessToken)
    const build = write(alice.id, String(sid), String(jti))
    await store.write(store.define(`test_${index}`, (q) => build(q, store)))
    // PostgreSQL cannot tell that a key was removed: nodes read them again twice a minute.
    if (engine === 'postgres' && name === 'a removed key') node.clock.advance(31)
    refused(t, await alice.get('/api/v1/protected'), message, name)
    if (name !== 'a removed key')
      t.match(await bob.get('/api/v1/protected'), { status: 200 }, 'and nobody else is')
  }
})

await test(
  'S38 a write of another program is seen as well',
  { skip: engine === 'postgres' && 'PostgreSQL is asked each time' },
  async (t) => {
    const node = await start(t)
    const alice = await node.as('alice')
    t.match(await alice.get('/api/v1/protected'), { status: 200 })
    const program = `
      import Database from 'better-sqlite3'
      new Database(process.argv[1]).exec("UPDATE users SET username = 'renamed'")`
    const file = sqliteFile(node.databaseUrl) ?? ''
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, file])
    t.match(await alice.get('/api/v1/protected'), { body: { logged_in_as: 'renamed' } })
  },
)
