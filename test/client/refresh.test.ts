import { test } from 'tap'
import { memoryStorage, type ProblemError, webStorage } from '../../client/src/index.ts'
import { ALICE, ownStorage, proxy, serve, type Served } from './node.ts'

const REFRESH = 'POST /auth/refresh'
const tokens = ({ backend }: Served) => backend.store.tables.refreshTokens

await test('fifty requests that are refused at once wait for one refresh', async (t) => {
  const node = await serve(t)
  const { login, GET } = node.client({ storage: ownStorage() })
  await login(ALICE)
  node.clock.advance(901)
  const replies = await Promise.all(Array.from({ length: 50 }, () => GET('/me')))
  t.ok(replies.every(({ data }) => data.username === 'alice'))
  t.strictSame([node.count(REFRESH), node.count('GET /me')], [1, 100])
  t.equal((await node.backend.store.query((q) => q.select().from(tokens(node)))).length, 2)

  node.clock.advance(901)
  await Promise.all(Array.from({ length: 50 }, () => GET('/me')))
  t.equal(node.count(REFRESH), 2, 'and the next time for the next')
})

await test('clients that share their tokens, as tabs do, refresh once for all', async (t) => {
  const node = await serve(t)
  const storage = ownStorage('the same')
  const tabs = Array.from({ length: 5 }, () => node.client({ storage }))
  await tabs[0]?.login(ALICE)
  node.clock.advance(901)
  const all = tabs.flatMap(({ GET }) => [GET('/me'), GET('/todos'), GET('/auth/sessions')])
  t.equal((await Promise.all(all)).length, 15)
  t.equal(node.count(REFRESH), 1)
})

await test('a session that has ended is forgotten, told of once, and nothing loops', async (t) => {
  const node = await serve(t)
  const endings: Array<
    [name: string, end: () => Promise<unknown> | void, code: string, spent: number]
  > = [
    ['too old', () => node.clock.advance(8 * 24 * 3600), 'refresh_token_expired', 1],
    [
      'logged out elsewhere',
      () => node.client({ storage }).POST('/auth/logout', {}),
      'token_revoked',
      0,
    ],
    [
      'unknown',
      () => storage.set({ accessToken: 'a.b.c', refreshToken: 'a.b.c' }),
      'token_invalid',
      1,
    ],
    ['emptied', () => storage.clear(), 'token_missing', 0],
  ]
  const storage = memoryStorage()
  for (const [name, end, code, spent] of endings) {
    const told: ProblemError[] = []
    const { login, GET, POST } = node.client({
      storage,
      onSignedOut: (problem) => void told.push(problem),
    })
    await login(ALICE)
    await end()
    const start = node.seen.length
    const calls = await Promise.allSettled([
      ...Array.from({ length: 20 }, () => GET('/me')),
      POST('/todos', { body: { title: 'x' } }),
    ])
    t.ok(
      calls.every(({ status }) => status === 'rejected'),
      name,
    )
    t.equal(await storage.get(), undefined, name)
    t.strictSame([told.length, told[0]?.code, told[0]?.status], [1, code, 401], name)
    const came = node.seen.slice(start)
    t.equal(came.filter((line) => line === REFRESH).length, spent, name)
    t.equal(came.length, 21 + spent, 'each once')
    await t.rejects(GET('/me'), { code: 'token_missing' })
    t.equal(told.length, 1, 'still once')

    await login(ALICE)
    t.equal((await GET('/me')).data.username, 'alice', `signed in again after ${name}`)
    await storage.clear()
    await t.rejects(GET('/me'))
    t.equal(told.length, 2, 'another session, another end')
  }
})

await test('S32 a refresh token that somebody else has spent ends the session', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const told: string[] = []
  const { login, GET } = node.client({ storage, onSignedOut: ({ code }) => void told.push(code) })
  await login(ALICE)
  const stolen = await storage.get()
  const thief = memoryStorage()
  if (stolen) await thief.set(stolen)
  node.clock.advance(901)
  t.equal((await node.client({ storage: thief }).GET('/me')).data.username, 'alice')
  node.clock.advance(11)
  await t.rejects(GET('/me'), { code: 'token_expired' })
  t.strictSame(told, ['refresh_token_reused'])
  t.equal(await storage.get(), undefined)
  await t.rejects(node.client({ storage: thief }).GET('/me'), { code: 'token_revoked' })
})

await test('S34 a refresh whose reply was lost is sent again, and the session lives on', async (t) => {
  const node = await serve(t)
  let losses = 0
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    if (line !== REFRESH || losses === 2) return 'pass'
    losses += 1
    reply.resume()
    outgoing.destroy()
    return 'meddled'
  })
  const { login, GET } = node.client({ baseUrl })
  await login(ALICE)
  node.clock.advance(901)
  t.equal((await GET('/me')).data.username, 'alice')
  t.strictSame([node.count(REFRESH), losses, node.waits.length], [3, 2, 2])
  node.clock.advance(901)
  t.equal((await GET('/me')).data.username, 'alice', 'the pair was the newest')
})

await test('while the network is away nobody is signed out', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const refused = Promise.withResolvers<void>()
  let refusals = 0
  let isAway = false
  let signedOut = 0
  const { login, GET } = node.client({
    storage,
    retries: 1,
    onSignedOut: () => (signedOut += 1),
    async fetch(request) {
      if (!isAway) return fetch(request)
      if (request.url.endsWith('/auth/refresh')) {
        await refused.promise
        throw new TypeError('fetch failed')
      }
      const reply = await fetch(request)
      const text = await reply.text()
      refusals += 1
      if (refusals === 10) setImmediate(refused.resolve)
      return new Response(text, reply)
    },
  })
  await login(ALICE)
  node.clock.advance(901)
  isAway = true
  const calls = await Promise.allSettled(Array.from({ length: 10 }, () => GET('/me')))
  for (const call of calls)
    t.match(call, { reason: { name: 'TypeError', message: 'fetch failed' } })
  t.strictSame([node.waits.length, signedOut], [1, 0], 'one refresh for all, sent twice')
  t.ok(await storage.get())
  isAway = false
  t.equal((await GET('/me')).data.username, 'alice')
})

await test('a logout during a refresh wins, and so does a login', async (t) => {
  const node = await serve(t)
  const storage = ownStorage()
  const { login, logout, GET } = node.client({ storage })
  await login(ALICE)
  node.clock.advance(901)
  await Promise.allSettled([GET('/me'), logout()])
  t.equal(await storage.get(), undefined)

  await login(ALICE)
  node.clock.advance(901)
  await Promise.allSettled([GET('/me'), login({ ...ALICE, identifier: 'bob' })])
  t.equal((await GET('/me')).data.username, 'bob')
})

await test('a logout that nobody hears waits for a refresh too, which would bring the tokens back', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const under = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { login, logout, GET } = node.client({
    storage,
    async fetch(request) {
      if (request.url.endsWith('/auth/logout')) throw new TypeError('fetch failed')
      if (!request.url.endsWith('/auth/refresh')) return fetch(request)
      under.resolve()
      await go.promise
      return fetch(request)
    },
  })
  await login(ALICE)
  node.clock.advance(901)
  const read = GET('/me')
  await under.promise
  const left = logout()
  // Time enough for a logout that does not wait.
  await new Promise(setImmediate)
  go.resolve()
  await t.rejects(left, { name: 'TypeError' })
  await Promise.allSettled([read])
  t.equal(await storage.get(), undefined)
})

await test('the signal of a request ends its waiting for a refresh, which goes on for the others', async (t) => {
  const node = await serve(t)
  const under = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { login, GET } = node.client({
    async fetch(request) {
      if (request.url.endsWith('/auth/refresh')) {
        under.resolve()
        await go.promise
      }
      return fetch(request)
    },
  })
  await login(ALICE)
  node.clock.advance(901)
  const controller = new AbortController()
  const [leaves, stays] = [GET('/me', { signal: controller.signal }), GET('/me')]
  await under.promise
  controller.abort(new Error('long enough'))
  await t.rejects(leaves, { message: 'long enough' })
  go.resolve()
  t.equal((await stays).data.username, 'alice')
  t.equal(node.count(REFRESH), 1)
})

await test('tokens that the server finds expired as soon as they are made are not asked for without end', async (t) => {
  const node = await serve(t)
  const { login, GET } = node.client({
    storage: webStorage({
      getItem: () => kept,
      setItem: (_key, value) => {
        kept = value
        node.clock.advance(901)
      },
      removeItem: () => {
        kept = null
      },
    }),
  })
  let kept: string | null = null
  await login(ALICE)
  await t.rejects(GET('/me'), { code: 'token_expired' })
  t.strictSame([node.count('GET /me'), node.count(REFRESH)], [3, 2])
})
