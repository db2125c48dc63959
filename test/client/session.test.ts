import { test } from 'tap'
import { memoryStorage, type TokenStorage, webStorage } from '../../client/src/index.ts'
import { ALICE, ownStorage, PASSWORD, serve } from './node.ts'

const REFRESH = 'POST /auth/refresh'

/** What a browser has: the tests in a browser use the real one. */
function area() {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}
const storages: Array<[name: string, make: () => TokenStorage]> = [
  ['memory', memoryStorage],
  ['localStorage', () => webStorage(area())],
  ['another key of sessionStorage', () => webStorage(area(), 'another')],
  ['one of their own', () => ownStorage()],
  ['one of their own that is shared', () => ownStorage('shared')],
]

for (const [name, make] of storages)
  await test(`a session whose tokens are kept in ${name}`, async (t) => {
    const node = await serve(t)
    const storage = make()
    let signedOut = 0
    const options = { storage, onSignedOut: () => (signedOut += 1) }
    const { login, logout, GET, POST } = node.client(options)
    t.equal(await storage.get(), undefined)
    await login(ALICE)
    const first = await storage.get()
    t.match(first, { accessToken: /^ey/, refreshToken: /^ey/ })
    t.equal((await GET('/me')).data.username, 'alice')

    node.clock.advance(901)
    t.equal((await POST('/todos', { body: { title: 'x' } })).data.title, 'x')
    t.equal(node.count(REFRESH), 1)
    const second = await storage.get()
    t.not(second?.accessToken, first?.accessToken)
    t.not(second?.refreshToken, first?.refreshToken)

    const later = node.client(options)
    t.equal((await later.GET('/me')).data.username, 'alice', 'who comes back is still signed in')
    await logout()
    t.equal(await storage.get(), undefined)
    t.equal(signedOut, 0, 'that was no surprise')
    await t.rejects(later.GET('/me'), { code: 'token_missing' })
    await t.rejects(later.GET('/me'), { code: 'token_missing' })
    t.equal(signedOut, 1, 'told once')
    t.equal(node.count(REFRESH), 1)
  })

await test('tokens of localStorage are under the key that was asked for', async (t) => {
  const node = await serve(t)
  const items = area()
  await node.client({ storage: webStorage(items) }).login(ALICE)
  await node.client({ storage: webStorage(items, 'bob') }).login({ ...ALICE, identifier: 'bob' })
  t.strictSame([...items.items.keys()], ['commonplace', 'bob'])
  t.equal((await node.client({ storage: webStorage(items) }).GET('/me')).data.username, 'alice')
})

await test('what somebody else keeps under the key is nobody logged in', async (t) => {
  const node = await serve(t)
  const foreign = ['', 'dark', 'null', '5', '"text"', '[]', '{"theme":"dark"}']
  for (const value of [...foreign, '{"accessToken":"a"}', '{"accessToken":5,"refreshToken":{}}']) {
    const items = area()
    const storage = webStorage(items)
    const { login, GET } = node.client({ storage })
    items.setItem('commonplace', value)
    t.equal(storage.get(), undefined, value)
    t.strictSame((await GET('/posts')).data.data, [])
    await t.rejects(GET('/me'), { code: 'token_missing' })
    await login(ALICE)
    t.equal((await GET('/me')).data.username, 'alice')
  }
})

await test('an expired token that has been renewed elsewhere is replaced by what is stored', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const one = node.client({ storage })
  const other = node.client({ storage })
  await one.login(ALICE)
  node.clock.advance(901)
  const [, reply] = await Promise.all([one.GET('/me'), other.GET('/me')])
  t.equal(reply.data.username, 'alice')
  t.equal(node.count(REFRESH) <= 2, true)
  const tokens = await storage.get()

  // A request that was on its way with the token of before.
  let isFirst = true
  const late = node.client({
    storage,
    async fetch(request) {
      if (isFirst) node.clock.advance(901)
      if (isFirst) await one.GET('/me')
      isFirst = false
      return fetch(request)
    },
  })
  const before = node.count(REFRESH)
  t.equal((await late.GET('/me')).data.username, 'alice')
  t.equal(node.count(REFRESH), before + 1, 'the second one spends nothing')
  t.not((await storage.get())?.accessToken, tokens?.accessToken)
})

await test('public reads need no session, and registering begins none', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const { GET, register, login } = node.client({ storage })
  t.strictSame((await GET('/posts')).data.data, [])
  const account = await register({ username: 'carol', password: PASSWORD })
  t.match(account, { username: 'carol', id: Number })
  t.equal(await storage.get(), undefined)
  await login({ identifier: 'carol', password: PASSWORD })
  t.equal((await GET('/me')).data.id, account.id)
})

await test('a login that fails changes nothing', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const { login, GET } = node.client({ storage })
  await login(ALICE)
  const tokens = await storage.get()
  await t.rejects(login({ ...ALICE, password: 'not the password' }), {
    name: 'ProblemError',
    code: 'invalid_credentials',
    status: 401,
  })
  t.strictSame(await storage.get(), tokens)
  t.equal((await GET('/me')).data.username, 'alice')
  t.equal(node.count(REFRESH), 0)
})

await test('logging out the others keeps this session', async (t) => {
  const node = await serve(t)
  const here = node.client()
  const there = node.client()
  await Promise.all([here.login(ALICE), there.login(ALICE)])
  await here.logout('others')
  t.equal((await here.GET('/me')).data.username, 'alice')
  await t.rejects(there.GET('/me'), { code: 'token_revoked' })
})

await test('logging out of a session that is over is no error', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const { login, logout } = node.client({ storage })
  await logout()
  await login(ALICE)
  node.clock.advance(31 * 24 * 3600)
  await logout()
  t.equal(await storage.get(), undefined)
})

await test('who is signed out cannot end other sessions, and is told so', async (t) => {
  const node = await serve(t)
  const told: string[] = []
  const a = node.client({ onSignedOut: ({ code }) => void told.push(code) })
  const [b, x] = [node.client(), node.client()]
  await t.rejects(a.logout('all'), { name: 'ProblemError', code: 'token_missing' })
  for (const scope of ['all', 'others'] as const) {
    for (const { login } of [a, b, x]) await login(ALICE)
    const { data } = await a.GET('/auth/sessions')
    const id = data.data.find(({ current }) => current)?.id ?? ''
    await b.DELETE('/auth/sessions/{id}', { params: { path: { id } } })
    await t.rejects(a.logout(scope), { name: 'ProblemError', code: 'token_revoked', status: 401 })
    t.equal((await x.GET('/me')).data.username, 'alice', `${scope}: nothing has ended`)
  }
  t.strictSame(told, ['token_missing', 'token_revoked', 'token_revoked'])

  await a.login(ALICE)
  node.clock.advance(901)
  await a.logout('all')
  t.equal(node.count('POST /auth/refresh'), 1, 'one that has only expired is refreshed for it')
  // What expired with it can only be refreshed while its session lives.
  await t.rejects(x.GET('/me'), { code: 'token_expired' })
})

await test('where the server cannot be told, the tokens go all the same', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  await node.client({ storage }).login(ALICE)
  const lost = new TypeError('fetch failed')
  const offline = node.client({ storage, fetch: () => Promise.reject(lost) })
  t.equal(await offline.logout().catch((error: unknown) => error), lost, 'as it was thrown')
  t.equal(await storage.get(), undefined)
})

await test('who brings their own token or key is on their own', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  let signedOut = 0
  const { login, GET } = node.client({ storage, onSignedOut: () => (signedOut += 1) })
  await login(ALICE)
  const bob = await node.login('bob', 2)
  const headers = { authorization: `Bearer ${bob.accessToken}` }
  t.equal((await GET('/me', { headers })).data.username, 'bob')
  await t.rejects(GET('/me', { headers: { authorization: 'Bearer x.y.z' } }), {
    code: 'token_invalid',
  })
  await t.rejects(GET('/me', { headers: { 'x-api-key': 'x' } }), { code: 'token_invalid' })
  t.strictSame([node.count(REFRESH), signedOut], [0, 0])
  t.equal((await GET('/me')).data.username, 'alice')
})
