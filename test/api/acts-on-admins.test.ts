import { test, type Test } from 'tap'
import type { Role } from '../../src/base/actor.ts'
import { type Reply, type Send, start } from '../helper.ts'
import { enableTotp, keyOf } from './credentials.ts'
import { type Client, unchanged, everything } from './refusals.ts'

const FRESH = 15 * 60
const NOT_FRESH = 'Confirm who you are first: your last login is more than 15 minutes ago'
const NO_KEY = 'API keys cannot act on the account of an admin'

interface Act {
  method: string
  url: (id: number) => string
  body?: object
}
/** What an admin can do to somebody else, in both versions. */
const ACTS: Record<string, Act> = {
  'v2 suspends': {
    method: 'PATCH',
    url: (id) => `/api/v2/users/${id}`,
    body: { status: 'suspended' },
  },
  'v2 deletes': { method: 'DELETE', url: (id) => `/api/v2/users/${id}` },
  'v1 changes': { method: 'PUT', url: (id) => `/api/v1/users/${id}`, body: { phone: '+123' } },
  'v1 deletes': { method: 'DELETE', url: (id) => `/api/v1/users/${id}` },
}
const ROLE: Act = {
  method: 'PATCH',
  url: (id) => `/api/v2/users/${id}`,
  body: { role: 'moderator' },
}
const FACTOR: Act = { method: 'DELETE', url: (id) => `/api/v2/users/${id}/totp` }

async function open(t: Test) {
  const started = await start(t, { env: { JWT_ACCESS_TOKEN_EXPIRES: '3600' } })
  const boss = await started.as('boss', 'admin')
  const { key } = await keyOf(started, boss, ['users:write', 'users:read', 'account:read'])
  let names = 0
  const someone = (role: Role) => started.as(`person-${++names}`, role)
  /** Does it as the boss: from their session, or by their key. */
  const act = ({ method, url, body }: Act, { id }: Client, by: 'session' | 'key' = 'session') => {
    const sent: Send = body ? { body } : {}
    return by === 'session'
      ? boss.send(method, url(id), body)
      : started.request(method, url(id), { ...sent, headers: { 'x-api-key': key } })
  }
  return { ...started, boss, key, someone, act }
}

/** v1 says in its one sentence what v2 says in `detail`. */
function refused(t: Test, reply: Reply, code: string, words: string, about: string) {
  const body = reply.body.code === undefined ? { message: words } : { code, detail: words }
  t.match(reply, { status: 403, body }, about)
}

await test('S86 acts on the account of an admin need a fresh session of an admin', async (t) => {
  const { backend, clock, boss, act, someone } = await open(t)
  const people = new Map<string, Client>()
  for (const name of Object.keys(ACTS)) people.set(name, await someone('admin'))
  clock.advance(FRESH + 1)
  for (const [name, one] of Object.entries(ACTS)) {
    const before = await everything(backend)
    refused(t, await act(one, people.get(name)!), 'fresh_login_required', NOT_FRESH, name)
    refused(t, await act(one, people.get(name)!, 'key'), 'insufficient_scope', NO_KEY, name)
    await unchanged(t, backend, before, name)
  }
  const { auditEvents } = backend.store.tables
  const rows = await backend.store.query((q) => q.select().from(auditEvents))
  const denied = rows.filter(({ action }) => action === 'access.denied')
  t.equal(denied.length, 2 * Object.keys(ACTS).length)
  for (const event of denied) t.match(event, { actorId: boss.id, targetType: 'user' })

  t.match(await boss.post('/api/v2/auth/reauthenticate', { password: boss.password }), {
    status: 204,
  })
  for (const [name, one] of Object.entries(ACTS))
    t.ok((await act(one, people.get(name)!)).status < 300, name)
})

await test('S86 on others they need none, and a key will do', async (t) => {
  const { clock, act, someone } = await open(t)
  const people: Client[] = []
  for (const role of ['user', 'moderator'] as const)
    for (let i = 0; i < 2 * Object.keys(ACTS).length; i++) people.push(await someone(role))
  clock.advance(FRESH + 1)
  for (const by of ['session', 'key'] as const)
    for (const [name, one] of Object.entries(ACTS))
      for (let i = 0; i < 2; i++)
        t.ok((await act(one, people.pop()!, by)).status < 300, `${name} by ${by}`)
  t.strictSame(people, [])
})

await test('S86 roles, and the factors of others, need a fresh session whoever it is', async (t) => {
  const started = await open(t)
  const { backend, clock, boss, act, someone } = started
  const people = [await someone('user'), await someone('moderator'), await someone('admin')]
  for (const person of people) await enableTotp(started, person)
  clock.advance(FRESH + 1)
  const before = await everything(backend)
  for (const person of people)
    for (const one of [ROLE, FACTOR, { ...ROLE, body: { status: 'active', role: 'user' } }]) {
      refused(t, await act(one, person), 'fresh_login_required', NOT_FRESH, one.method)
      const words = 'API keys cannot do this'
      refused(t, await act(one, person, 'key'), 'insufficient_scope', words, one.method)
    }
  await unchanged(t, backend, before, 'nothing')
  for (const person of people) t.ok(await backend.secondFactor.isActive(person.id))

  await boss.post('/api/v2/auth/reauthenticate', { password: boss.password })
  for (const person of people) {
    t.match(await act(ROLE, person), { status: 200, body: { role: 'moderator' } })
    t.match(await act(FACTOR, person), { status: 204 })
  }
})

await test('S86 an admin may change their own account as anybody may', async (t) => {
  const { as, clock, boss, key, request } = await open(t)
  await as('another', 'admin')
  clock.advance(FRESH + 1)
  const url = `/api/v1/users/${boss.id}`
  t.match(await boss.put(url, { phone: '+123' }), { status: 200 })
  t.match(await boss.patch('/api/v2/me', { phone: '+1234' }), { status: 200 })
  const headers = { 'x-api-key': key }
  t.match(await request('PUT', url, { headers, body: { phone: '+12345' } }), { status: 200 })
  // Whoever has the session does not suspend its owner, nor deletes them.
  const own = `/api/v2/users/${boss.id}`
  for (const [method, path, body] of [
    ['PATCH', own, { status: 'suspended' }],
    ['PATCH', own, { role: 'user' }],
    ['DELETE', own, undefined],
    ['DELETE', url, undefined],
    ['DELETE', '/api/v2/me', undefined],
  ] as const)
    t.match(await boss.send(method, path, body), { status: 403 }, `${method} ${path}`)
  t.match(await boss.get('/api/v2/me'), { body: { role: 'admin', phone: '+12345' } })
})

await test('S86 who is an admin by the time of the act is protected', async (t) => {
  const { backend, clock, boss, someone } = await open(t)
  const people = [await someone('user'), await someone('user'), await someone('user')]
  clock.advance(FRESH + 1)
  const replies = await Promise.all(
    people.flatMap(({ id }) => [
      boss.patch(`/api/v2/users/${id}`, { status: 'suspended' }),
      backend.accounts.setRole(id, 'admin'),
    ]),
  )
  const { auditEvents } = backend.store.tables
  const rows = await backend.store.query((q) =>
    q.select().from(auditEvents).orderBy(auditEvents.id),
  )
  for (const [i, { id }] of people.entries()) {
    const acts = rows.filter(
      ({ targetId, outcome }) => targetId === String(id) && outcome === 'success',
    )
    const order = acts.map(({ action }) => action).filter((action) => action.endsWith('.change'))
    // Whichever was first: never suspended as an admin.
    const reply = replies[2 * i] as Reply
    if (reply.status === 200) t.strictSame(order, ['status.change', 'role.change'])
    else {
      refused(t, reply, 'fresh_login_required', NOT_FRESH, 'too late')
      t.strictSame(order, ['role.change'])
    }
  }
})
