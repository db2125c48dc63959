import { test } from 'tap'
import { type ClientOptions, memoryStorage, type ProblemError } from '../../client/src/index.ts'
import { ALICE, ownStorage, serve, type Served } from './node.ts'

const BOB = { ...ALICE, identifier: 'bob' }
const TODO = { body: { title: 'meant by alice' } }
/** Where cookies need no https. */
const env = { PUBLIC_URL: 'http://localhost:3000' }

/** Whose to-dos there are. */
const owners = async ({ backend: { store } }: Served) =>
  (await store.query((q) => q.select().from(store.tables.todos))).map(({ userId }) => userId)

/** What a browser does for the pages of one site. */
function jar() {
  const cookies = new Map<string, string>()
  return async (request: Request) => {
    const pairs = [...cookies].map(([name, value]) => `${name}=${value}`)
    if (pairs.length > 0) request.headers.set('cookie', pairs.join('; '))
    const reply = await fetch(request)
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }
}
/** How two tabs of one browser are signed in. */
const TRANSPORTS: Array<[name: string, make: () => Partial<ClientOptions>, refusal: string]> = [
  ['tokens in storage', () => ({ storage: ownStorage('shared') }), 'token_revoked'],
  ['cookies', () => ({ transport: 'cookie', fetch: jar() }), 'csrf_failed'],
]

/** A client for which the reply to one of its new to-dos is held back. */
function holding(node: Served, which: number, options: Partial<ClientOptions>) {
  const come = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const told: string[] = []
  let count = 0
  const client = node.client({
    ...options,
    onSignedOut: ({ code }: ProblemError) => void told.push(code),
    async fetch(request, init) {
      const isHeld = request.url.endsWith('/todos') && (count += 1) === which
      const reply = await (options.fetch ?? fetch)(request, init)
      if (isHeld) {
        come.resolve()
        await go.promise
      }
      return reply
    },
  })
  return { ...client, told, come: come.promise, go: go.resolve }
}

for (const [name, make, refusal] of TRANSPORTS) {
  await test(`${name}: what was refused while somebody else logged in is not done as them`, async (t) => {
    const node = await serve(t, { env })
    const { login, POST, told, come, go } = holding(node, 1, make())
    await login(ALICE)
    node.clock.advance(901)
    const refused = POST('/todos', TODO)
    await come
    await login(BOB)
    go()
    await t.rejects(refused, { code: 'token_expired' })
    t.strictSame([await owners(node), told], [[], []], 'nobody was signed out')
    await POST('/todos', TODO)
    t.strictSame(await owners(node), [2])
  })

  await test(`${name}: another tab has logged somebody else in`, async (t) => {
    const node = await serve(t, { env })
    const options = make()
    const { login, logout, POST, told, come, go } = holding(node, 2, options)
    const other = node.client(options)
    await login(ALICE)
    await other.GET('/me')
    await other.logout()
    await other.login(BOB)
    const refused = (call: Promise<unknown>) => t.rejects(call, { code: refusal })
    const [first, second] = [refused(POST('/todos', TODO)), refused(POST('/todos', TODO))]
    await Promise.all([first, come])
    go()
    await second
    t.strictSame([await owners(node), told], [[], [refusal]])
    t.equal((await other.GET('/me')).data.username, 'bob', 'who is signed in still')

    await POST('/todos', TODO)
    t.strictSame(await owners(node), [2], 'by a page that knows')
    await logout()
    await t.rejects(other.GET('/me'), { code: 'token_missing' })
  })
}

await test('a session goes on where another tab has logged somebody else in, until it has expired', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const told: string[] = []
  const options = { storage, onSignedOut: ({ code }: ProblemError) => void told.push(code) }
  const [one, other] = [node.client(options), node.client({ storage })]
  await one.login(ALICE)
  await other.login(BOB)
  await one.POST('/todos', TODO)
  t.strictSame(await owners(node), [1])
  node.clock.advance(901)
  await t.rejects(one.POST('/todos', TODO), { code: 'token_expired' })
  t.strictSame([await owners(node), told], [[1], ['token_expired']])
  t.equal((await other.GET('/me')).data.username, 'bob')
})

await test('to read what is public is not to become whoever logs in next', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const [one, other] = [node.client({ storage }), node.client({ storage })]
  await one.login(ALICE)
  await other.logout()
  await one.GET('/posts')
  await other.login(BOB)
  await t.rejects(one.POST('/todos', TODO), { code: 'token_revoked' })
  t.strictSame(await owners(node), [])
})

await test('a logout ends nothing of somebody else', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const [one, other] = [node.client({ storage }), node.client({ storage })]
  await one.login(ALICE)
  await other.logout()
  await other.login(BOB)
  await one.logout()
  t.equal((await other.GET('/me')).data.username, 'bob')
})
