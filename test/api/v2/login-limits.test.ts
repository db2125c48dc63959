import { availableParallelism } from 'node:os'
import { test } from 'tap'
import { start } from '../../helper.ts'
import {
  enter,
  join,
  login,
  me,
  openSessions,
  PASSWORD,
  refresh,
  refused,
  register,
  type Session,
  sessionOf,
  stillClock,
} from './session.ts'

/** How many passwords are looked at or wait at most (hasher.ts). */
const ROOM = Math.max(1, availableParallelism() - 1) + 8

await test('a session beyond the 100th ends the one that was used least recently', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  const alice = await node.as('alice')
  const bob = await join(node, 'bob')
  const first: Session = sessionOf(node, await login(node, 'alice'))
  const mine: Session[] = []
  for (let i = 0; i < 98; i++) {
    clock.advance(1)
    mine.push(await enter(node, 'alice'))
  }
  t.equal((await openSessions(node, alice.id)).length, 100, 'with the one of v1')
  clock.advance(1)
  t.match(await refresh(node, first.refresh), { status: 200 })
  t.match(await alice.get('/api/v1/me'), { status: 200 }, 'which does not use it')

  mine.push(await enter(node, 'alice'))
  refused(t, await me(node, alice.accessToken), 401, 'token_revoked', 'the one of v1 is out')
  const v1 = await node.request('POST', '/api/v1/refresh', {
    body: { refresh_token: alice.refreshToken },
  })
  t.match(v1, { status: 401, body: { message: 'Token has been revoked' } })
  t.match(await me(node, first.access), { status: 200 }, 'the oldest has been refreshed')

  clock.advance(1)
  const { access_token: newest } = (
    await node.request('POST', '/api/v1/login', {
      body: { username: 'alice', password: PASSWORD },
    })
  ).body
  t.match(await me(node, newest), { status: 200 }, 'a login of v1 makes room alike')
  const [least, ...others] = mine
  refused(t, await me(node, String(least?.access)), 401, 'token_revoked')
  for (const { access } of others) t.match(await me(node, access), { status: 200 })
  t.equal((await openSessions(node, alice.id)).length, 100)
  t.match(await me(node, bob.access), { status: 200 }, 'and nobody else is concerned')
})

await test('logins at the same moment do not leave more than 100 sessions', async (t) => {
  const node = await start(t)
  const { id } = await register(node, 'alice')
  for (let i = 0; i < 97; i++) await enter(node, 'alice')
  const replies = await Promise.all(Array.from({ length: 7 }, () => login(node, 'alice')))
  t.ok(replies.every(({ status }) => status === 200))
  t.equal((await openSessions(node, id)).length, 100)
})

await test('S13 too many passwords at once are a 503, wherever they are sent, and no failure', async (t) => {
  const node = await start(t, { env: { BCRYPT_COST: '10' } })
  const { store } = node.backend
  const { loginFailures, users } = store.tables
  const counts = async () => {
    const failures = await store.query((q) => q.select().from(loginFailures))
    return {
      failures: failures.reduce((sum, row) => sum + row.failures, 0),
      users: (await store.query((q) => q.select().from(users))).length,
    }
  }
  const change = { current_password: 'wrong', new_password: 'another place to write' }
  const doors: Array<[url: string, status: number, body: (i: number) => object]> = [
    ['login', 401, () => ({ identifier: 'login', password: 'wrong' })],
    ['reauthenticate', 403, () => ({ password: 'wrong' })],
    ['password/change', 403, () => change],
    ['register', 201, (i) => ({ username: `user-${i}`, password: PASSWORD })],
  ]
  for (const [url, status, body] of doors) {
    const { send } = await join(node, url.replace('/', '-'))
    const before = await counts()
    const replies = await Promise.all(
      Array.from({ length: ROOM + 5 }, (_, i) => send('POST', `/api/v2/auth/${url}`, body(i))),
    )
    const busy = replies.filter((reply) => reply.status === 503)
    t.ok(busy.length > 0, `${url}: ${busy.length} were too many`)
    for (const reply of busy) {
      refused(t, reply, 503, 'overloaded', url)
      t.match(reply.headers, { 'retry-after': '1' })
    }
    const looked = replies.filter((reply) => reply.status === status).length
    t.equal(looked + busy.length, replies.length, 'all others were looked at')
    const after = await counts()
    // Twice: of the account, and of the address at it.
    t.equal(after.failures - before.failures, status === 201 ? 0 : 2 * looked)
    t.equal(after.users - before.users, status === 201 ? looked : 0)
  }
})
