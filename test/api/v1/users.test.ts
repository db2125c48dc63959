import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything } from '../refusals.ts'

const USERS = '/api/v1/users'
const PASSWORD = 'a lantern in the attic'

await test('users', async (t) => {
  const { as, backend, clock, login, request } = await start(t)

  await t.test('anyone may register, and is shown as a public profile', async (t) => {
    const full = {
      username: 'Zoë',
      password: PASSWORD,
      email: 'Zoe@Example.com',
      phone: '+4930123',
    }
    const reply = await request('POST', USERS, { body: full })
    const { id, created_at } = reply.body
    t.equal(reply.status, 201)
    t.equal(reply.headers['location'], `${USERS}/${id}`)
    t.strictSame(reply.body, { id, username: 'Zoë', created_at })
    t.strictSame((await request('GET', `${USERS}/${id}`)).body, reply.body)
    for (const name of [{ username: 'ZOË' }, { email: 'zoe@EXAMPLE.com' }]) {
      const body = { ...name, password: PASSWORD }
      t.equal((await request('POST', '/api/v1/login', { body })).status, 200)
    }
  })

  await t.test('an account needs neither email nor phone', async (t) => {
    const body = { username: 'plain', password: PASSWORD }
    const { id } = (await request('POST', USERS, { body })).body
    t.match(await backend.accounts.find(id), { email: undefined, phone: undefined, role: 'user' })
  })

  await t.test('users are listed by id, without what is private', async (t) => {
    const { body, headers } = await request('GET', USERS)
    const { users } = await everything(backend)
    t.strictSame(
      body.users,
      users.map(({ id, username, createdAt }) => ({
        id,
        username,
        created_at: createdAt.toISOString(),
      })),
    )
    t.equal(headers['x-total-count'], String(users.length))
    const second = (await request('GET', `${USERS}?limit=1&offset=1`)).body
    t.strictSame(second, { users: body.users.slice(1, 2) })
  })

  await t.test('/me, /protected and /partially-protected say who is calling', async (t) => {
    const alice = await as('alice')
    const me = await alice.get('/api/v1/me')
    const { created_at } = me.body
    t.strictSame(me.body, {
      id: alice.id,
      username: 'alice',
      email: null,
      phone: null,
      role: 'user',
      created_at,
      updated_at: created_at,
    })
    const boss = await as('boss', 'admin')
    t.hasStrict((await boss.get('/api/v1/me')).body, { username: 'boss', role: 'admin' })
    t.strictSame((await alice.get('/api/v1/protected')).body, { logged_in_as: 'alice' })
    const path = '/api/v1/partially-protected'
    t.strictSame((await alice.get(path)).body, { logged_in_as: 'alice' })
    t.strictSame((await request('GET', path)).body, { logged_in_as: 'anonymous user' })
  })

  await t.test('a change leaves what it does not name, and null clears', async (t) => {
    const bob = await as('bob')
    const url = `${USERS}/${bob.id}`
    const before = (await bob.get('/api/v1/me')).body
    clock.advance(2)
    const both = { email: 'Bob@example.org', phone: '+4915112345678' }
    const reply = await bob.put(url, both)
    const { updated_at } = reply.body
    t.equal(reply.status, 200)
    t.strictSame(reply.body, { ...before, ...both, updated_at })
    t.ok(updated_at > before.updated_at, 'the time of the change')
    const steps: Array<[change: object, kept: object]> = [
      [{ phone: null }, { ...both, phone: null }],
      [{ phone: '+1234' }, { ...both, phone: '+1234' }],
      [{ email: null }, { email: null, phone: '+1234', username: 'bob' }],
      [{ username: 'Bobby' }, { email: null, phone: '+1234', username: 'Bobby' }],
      [{ username: 'bobby' }, { username: 'bobby' }],
      [
        { email: 'b@c', phone: null },
        { username: 'bobby', email: 'b@c', phone: null },
      ],
    ]
    for (const [change, kept] of steps) {
      t.hasStrict(await bob.put(url, change), { status: 200, body: kept })
      t.hasStrict((await bob.get('/api/v1/me')).body, kept, JSON.stringify(change))
    }
  })

  await t.test('a new username is the one to log in with, and tokens stay good', async (t) => {
    const carol = await as('carol')
    await carol.put(`${USERS}/${carol.id}`, { username: 'caroline' })
    t.strictSame((await carol.get('/api/v1/protected')).body, { logged_in_as: 'caroline' })
    const again = await login('caroline', carol.id)
    t.strictSame((await again.get('/api/v1/protected')).body, { logged_in_as: 'caroline' })
    const body = { username: 'carol', password: carol.password }
    const reply = await request('POST', '/api/v1/login', { body })
    t.hasStrict(reply, { status: 401, body: { message: 'Invalid credentials' } })
  })

  await t.test('S40 a deleted account takes all it owns with it, and is out at once', async (t) => {
    const dave = await as('dave')
    const elsewhere = await login('dave', dave.id)
    const mine = [
      await dave.post('/api/v1/posts', { title: 'a', content: 'b' }),
      await dave.post('/api/v1/todos', { title: 'a' }),
      await dave.post('/api/v1/books', { title: 'a', author: 'b' }),
    ]
    t.strictSame(
      mine.map(({ status }) => status),
      [201, 201, 201],
    )
    const reply = await dave.delete(`${USERS}/${dave.id}`)
    t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
    for (const client of [dave, elsewhere]) {
      t.hasStrict(await client.get('/api/v1/me'), {
        status: 401,
        body: { message: 'Token has been revoked' },
      })
      const bearer = { headers: { authorization: `Bearer ${client.refreshToken}` } }
      t.equal((await request('POST', '/api/v1/refresh', bearer)).status, 401)
    }
    t.hasStrict(await request('GET', `${USERS}/${dave.id}`), {
      status: 404,
      body: { error: 'Not Found', message: 'User not found' },
    })
    const { users, posts, todos, books } = await everything(backend)
    for (const row of [...posts, ...todos, ...books]) t.not(row.userId, dave.id)
    t.notOk(users.some(({ id }) => id === dave.id))
    const body = { username: 'dave', password: dave.password }
    t.equal((await request('POST', '/api/v1/login', { body })).status, 401)
  })

  await t.test('an admin changes and deletes any account', async (t) => {
    const boss = await as('boss', 'admin')
    const erin = await as('erin')
    const url = `${USERS}/${erin.id}`
    const changed = { id: erin.id, username: 'erin2', email: 'e@example.com', role: 'user' }
    const change = { username: 'erin2', email: 'e@example.com' }
    t.hasStrict(await boss.put(url, change), { status: 200, body: changed })
    t.hasStrict((await erin.get('/api/v1/me')).body, changed)
    t.equal((await boss.delete(url)).status, 204)
    t.equal((await erin.get('/api/v1/me')).status, 401)
    t.equal((await boss.delete(url)).status, 404)
  })
})
