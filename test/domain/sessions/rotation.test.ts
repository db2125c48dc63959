import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { test, type Test } from 'tap'
import { engine } from '../../database.ts'
import { start } from '../../helper.ts'
import { claimsOf, headerOf } from '../../api/v1/forge.ts'
import { enter, events, join, openSessions, stillClock, tokensOf } from '../../api/v2/session.ts'

const ORIGIN = { ip: '192.0.2.1', userAgent: undefined, requestId: 'r' }

async function open(t: Test) {
  const clock = stillClock()
  const node = await start(t, { clock })
  const { tokens } = node.backend
  const alice = await join(node, 'alice')
  const expected = ['refresh'] as const
  /** The token has been checked; what happens before it is rotated is the test's to say. */
  const checked = (token: string) => tokens.authenticate(token, claimsOf(token), expected)
  return { node, clock, alice, checked }
}

await test('S38 S40 what happens to a session between the check and the rotation is not missed', async (t) => {
  const { node, clock, checked } = await open(t)
  const { accounts, sessions } = node.backend
  const ends: Record<string, (id: number, sid: string) => Promise<unknown>> = {
    suspended: (id) => accounts.setStatus(id, 'suspended'),
    password: (id) => accounts.setPassword(id, 'another place to write'),
    ended: (id, sessionId) =>
      sessions.own.end(
        { id, username: '', role: 'user', sessionId: '', origin: ORIGIN },
        sessionId,
      ),
    expired: async () => clock.advance(31 * 86_400),
  }
  for (const [name, end] of Object.entries(ends)) {
    const user = await join(node, name)
    const principal = await checked(user.refresh)
    await end(user.id, user.sid)
    await t.rejects(sessions.rotate(principal, ORIGIN), { code: 'TOKEN_REVOKED' }, name)
    t.match(await tokensOf(node, user.sid), [{ usedAt: null }], 'nothing was spent')
  }
  const user = await join(node, 'deleted')
  const principal = await checked(user.refresh)
  const { id, username, role, sessionId } = principal
  await accounts.remove({ id, username, role, sessionId, origin: ORIGIN }, id)
  await t.rejects(sessions.rotate(principal, ORIGIN), { code: 'TOKEN_REVOKED' })
  t.strictSame(await events(node, 'refresh.reuse'), [])
})

await test(
  'S38 a logout that has not committed yet is waited for',
  { skip: engine === 'sqlite' && 'SQLite has one writer at a time' },
  async (t) => {
    const { node, alice, checked } = await open(t)
    const principal = await checked(alice.refresh)
    const other = new Client({ connectionString: node.databaseUrl })
    await other.connect()
    await other.query('BEGIN')
    await other.query('UPDATE sessions SET ended_at = now() WHERE id = $1', [alice.sid])
    const rotated = node.backend.sessions.rotate(principal, ORIGIN)
    const committed = sleep(100).then(() => other.query('COMMIT'))
    await t.rejects(rotated, { code: 'TOKEN_REVOKED' })
    await committed
    await other.end()
    t.match(await tokensOf(node, alice.sid), [{ usedAt: null }])
  },
)

await test('S32 of two rotations that were both checked in time, one is first and both are told the same', async (t) => {
  const { node, clock, alice, checked } = await open(t)
  const { rotate } = node.backend.sessions
  const both = [await checked(alice.refresh), await checked(alice.refresh)] as const
  const first = await rotate(both[0], ORIGIN)
  t.strictSame(await rotate(both[1], ORIGIN), first)
  clock.advance(11)
  await t.rejects(rotate(both[1], ORIGIN), { code: 'REFRESH_TOKEN_REUSED' })
  await t.rejects(rotate(both[0], ORIGIN), { code: 'TOKEN_REVOKED' })
  await t.rejects(checked(first.refreshToken), { code: 'TOKEN_REVOKED' })
  t.strictSame(await openSessions(node, alice.id), [])
})

await test('a v1 refresh that was checked before the session began to rotate comes too late', async (t) => {
  const { node, checked } = await open(t)
  const { refreshToken } = await node.as('bob')
  const { rotate, refresh } = node.backend.sessions
  const both = [await checked(refreshToken), await checked(refreshToken)] as const
  t.match(both, [{ rotating: false }, { rotating: false }])
  const { refreshToken: next } = await rotate(both[0], ORIGIN)
  await t.rejects(refresh(both[1]), { code: 'TOKEN_REVOKED' })
  t.ok(await rotate(await checked(next), ORIGIN), 'and the session goes on')
})

await test('S24 S34 what a key signed is signed again with it, also where that key is news', async (t) => {
  const { node, clock, alice } = await open(t)
  const { databaseUrl } = node
  const other = await start(t, { databaseUrl, clock })
  await other.backend.keys.jwks()
  const { kid } = await node.backend.keys.rotate()
  const times = { exp: 2, nbf: 1, iat: 1 }
  const ids = { sub: '1', jti: 'j', sid: 's' }
  const claims = [{ iss: 'i', aud: 'commonplace', type: 'access', ...times, ...ids } as const]
  const [token = ''] = await other.backend.keys.sign(claims, kid)
  t.equal(headerOf(token)['kid'], kid)
  t.strictSame(await node.backend.keys.sign(claims, kid), [token], 'byte for byte')
  const [usual = ''] = await other.backend.keys.sign(claims)
  t.equal(headerOf(usual)['kid'], headerOf(alice.access)['kid'], 'the next key does not sign yet')
  const [fallback = ''] = await other.backend.keys.sign(claims, 'a key that was removed')
  t.equal(headerOf(fallback)['kid'], headerOf(alice.access)['kid'])
})

await test('the sessions of others have no part in a rotation', async (t) => {
  const { node, alice, checked } = await open(t)
  const second = await enter(node, 'alice')
  const bob = await join(node, 'bob')
  const before = await Promise.all([second, bob].map(({ sid }) => tokensOf(node, sid)))
  await node.backend.sessions.rotate(await checked(alice.refresh), ORIGIN)
  t.strictSame(await Promise.all([second, bob].map(({ sid }) => tokensOf(node, sid))), before)
})
