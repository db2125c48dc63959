import { test, type Test } from 'tap'
import type { Env } from '../src/config/index.ts'
import { start, type Started } from './helper.ts'

/** Two servers in this process, over a database each; the second one's is gone when `body` ends. */
async function beside(
  t: Test,
  body: (t: Test, here: Started, there: Started) => Promise<void>,
  env: Env = {},
) {
  const here = await start(t, { env })
  await t.test('beside another', async (inner) => {
    await body(inner, here, await start(inner, { env }))
  })
}
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const PASSWORD = 'a quiet place to write'

await test('users of one backend are unknown to the other', async (t) =>
  beside(t, async (inner, here, there) => {
    await here.as('alice')
    const login = { body: { username: 'alice', password: PASSWORD } }
    inner.match(await there.request('POST', '/api/v1/login', login), { status: 401 })
    inner.match(await there.request('GET', '/api/v1/users'), {
      body: { users: [] },
      headers: { 'x-total-count': '0' },
    })
    inner.match(await there.request('GET', '/api/v1/users/1'), { status: 404 })
    // The same name, and by chance the same id, are another person.
    const other = await there.as('alice')
    inner.equal(other.id, (await here.as('alice')).id)
  }))

await test('the tokens of one backend are refused by the other, which has other keys', async (t) =>
  beside(t, async (inner, here, there) => {
    const [alice, namesake] = [await here.as('alice'), await there.as('alice')]
    for (const [owner, foreign, token] of [
      [here, there, alice],
      [there, here, namesake],
    ] as const) {
      // Remembered by its own first, so that a cache that they shared would let it in.
      inner.match(await owner.request('GET', '/api/v1/me', bearer(token.accessToken)), {
        status: 200,
      })
      const refused = { status: 401, body: { message: 'Invalid token' } }
      inner.match(await foreign.request('GET', '/api/v1/me', bearer(token.accessToken)), refused)
      const refresh = bearer(token.refreshToken)
      inner.match(await foreign.request('POST', '/api/v1/refresh', refresh), refused)
      inner.match(await foreign.request('POST', '/api/v1/logout', refresh), refused)
      inner.match(await owner.request('POST', '/api/v1/refresh', refresh), { status: 200 })
    }
    const kids = async ({ backend }: Started) =>
      (await backend.keys.jwks()).keys.map(({ kid }) => kid)
    const [own, others] = [await kids(here), await kids(there)]
    inner.equal(own.length, 1)
    inner.equal(new Set([...own, ...others]).size, 2)
    await here.backend.keys.rotate()
    inner.equal((await kids(here)).length, 2)
    inner.strictSame(await kids(there), others)
  }))

await test('what is remembered of a token is forgotten by its own backend only', async (t) =>
  beside(t, async (inner, here, there) => {
    const [alice, namesake] = [await here.as('alice'), await there.as('alice')]
    const statuses = async () => [
      (await alice.get('/api/v1/me')).status,
      (await namesake.get('/api/v1/me')).status,
    ]
    inner.strictSame(await statuses(), [200, 200])
    await there.backend.accounts.setStatus(namesake.id, 'suspended')
    inner.strictSame(await statuses(), [200, 401])
    await here.backend.accounts.setRole(alice.id, 'admin')
    inner.match(await alice.get('/api/v1/me'), { body: { role: 'admin' } })
    inner.equal((await there.backend.accounts.find(namesake.id)).role, 'user')
    inner.equal((await alice.post('/api/v1/logout')).status, 200)
    inner.strictSame(await statuses(), [401, 401])
  }))

await test('records and their totals are counted apart', async (t) =>
  beside(t, async (inner, here, there) => {
    const [alice, namesake] = [await here.as('alice'), await there.as('alice')]
    const totals = async () => {
      const lists = []
      for (const client of [alice, namesake])
        for (const path of ['posts', 'todos', 'books'])
          lists.push(await client.get(`/api/v1/${path}`))
      return lists.map(({ headers }) => headers['x-total-count'])
    }
    inner.strictSame(await totals(), ['0', '0', '0', '0', '0', '0'])
    const post = await alice.post('/api/v1/posts', { title: 'mine', content: 'c' })
    await alice.post('/api/v1/todos', { title: 'mine' })
    await alice.post('/api/v1/books', { title: 'mine', author: 'a' })
    await namesake.post('/api/v1/books', { title: 'theirs', author: 'a' })
    inner.strictSame(await totals(), ['1', '1', '1', '0', '0', '1'])
    const path = `/api/v1/posts/${post.body.id}`
    inner.match(await there.request('GET', path), { status: 404 })
    inner.match(await namesake.put(path, { title: 'taken over' }), { status: 404 })
    inner.match(await here.request('GET', path), { body: { title: 'mine' } })
    const events = async ({ backend: { store } }: Started) =>
      (await store.query((q) => q.select().from(store.tables.auditEvents))).length
    const before = await events(there)
    await here.as('bob')
    inner.equal(await events(there), before, 'the audit trails too')
  }))

await test('S14 guesses at one backend do not slow the other', async (t) =>
  beside(t, async (inner, here, there) => {
    await here.as('alice')
    await there.as('alice')
    const guess = (at: Started, password: string) =>
      at.request('POST', '/api/v1/login', { body: { username: 'alice', password } })
    for (let tries = 0; tries < 5; tries++) inner.equal((await guess(here, 'wrong')).status, 401)
    inner.equal((await guess(here, PASSWORD)).status, 429)
    inner.equal((await guess(there, 'wrong')).status, 401)
    inner.equal((await guess(there, PASSWORD)).status, 200)
  }))

await test('rate limits and metrics are counted apart', async (t) =>
  beside(
    t,
    async (inner, here, there) => {
      const login = (at: Started) =>
        at.request('POST', '/api/v1/login', { body: { username: 'nobody', password: PASSWORD } })
      const left = async (at: Started) =>
        /r=\d+/.exec((await login(at)).headers['ratelimit'] ?? '')?.[0]
      const first = await left(here)
      inner.equal(first, 'r=19')
      inner.not(await left(here), first)
      inner.equal(await left(there), first)
      const logins = async (at: Started) =>
        /_count\{[^}]*login[^}]*\} (\d+)/.exec((await at.request('GET', '/metrics')).text)?.[1]
      inner.equal(await logins(here), '2')
      inner.equal(await logins(there), '1')
    },
    { RATE_LIMITS: 'on' },
  ))

await test('one backend closes, and the other goes on', async (t) => {
  const here = await start(t)
  const alice = await here.as('alice')
  await t.test('beside another', async (inner) => {
    const there = await start(inner)
    await there.as('alice')
  })
  t.equal((await alice.post('/api/v1/todos', { title: 'still here' })).status, 201)
  t.equal((await here.request('GET', '/readyz')).status, 200)
})
