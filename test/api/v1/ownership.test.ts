import { test } from 'tap'
import { start } from '../../helper.ts'
import type { Client } from '../refusals.ts'

const WHO = ['anonymous', 'owner', 'other', 'moderator', 'admin'] as const
type Who = (typeof WHO)[number]
type Statuses = readonly [number, number, number, number, number]

const PUBLIC = [200, 200, 200, 200, 200] as const
const SIGNED_IN = [401, 200, 200, 200, 200] as const
const CREATES = [401, 201, 201, 201, 201] as const
const PRIVATE = [401, 200, 403, 403, 403] as const
const [changes, removes] = [
  (moderator: number, admin: number): Statuses => [401, 200, 403, moderator, admin],
  (moderator: number, admin: number): Statuses => [401, 204, 403, moderator, admin],
]
const post = { title: 'On reading', content: 'Copy it.' }
const book = { title: 'Walden', author: 'Thoreau' }
const todo = { title: 'Water the plants' }

/** Every route of v1: who gets what. `{id}` is a record of the owner (their account, below /users), new in each cell. */
const MATRIX: Record<string, { statuses: Statuses; body?: (id: number, who: Who) => object }> = {
  'POST /login': {
    statuses: PUBLIC,
    body: () => ({ username: 'owner', password: 'a quiet place to write' }),
  },
  'POST /refresh': { statuses: [401, 401, 401, 401, 401] },
  'POST /logout': { statuses: SIGNED_IN },
  'DELETE /logout': { statuses: SIGNED_IN },
  'GET /me': { statuses: SIGNED_IN },
  'GET /protected': { statuses: SIGNED_IN },
  'GET /partially-protected': { statuses: PUBLIC },
  'POST /users': {
    statuses: [201, 201, 201, 201, 201],
    body: (_id, who) => ({ username: `by-${who}`, password: 'a lantern in the attic' }),
  },
  'GET /users': { statuses: PUBLIC },
  'GET /users/{id}': { statuses: PUBLIC },
  'PUT /users/{id}': { statuses: changes(403, 200), body: () => ({ phone: '+123' }) },
  'DELETE /users/{id}': { statuses: removes(403, 204) },
  'GET /posts': { statuses: PUBLIC },
  'GET /posts/{id}': { statuses: PUBLIC },
  'POST /posts': { statuses: CREATES, body: () => post },
  'PUT /posts/{id}': { statuses: changes(200, 200), body: () => post },
  'DELETE /posts/{id}': { statuses: removes(204, 204) },
  'GET /todos': { statuses: SIGNED_IN },
  'GET /todos/{id}': { statuses: PRIVATE },
  'POST /todos': { statuses: CREATES, body: () => todo },
  'PUT /todos/{id}': { statuses: PRIVATE, body: () => todo },
  'DELETE /todos/{id}': { statuses: removes(403, 403) },
  'DELETE /todos': { statuses: PRIVATE, body: (id) => ({ ids: [id] }) },
  'GET /books': { statuses: SIGNED_IN },
  'GET /books/{id}': { statuses: SIGNED_IN },
  'POST /books': { statuses: CREATES, body: () => book },
  'PUT /books/{id}': { statuses: changes(200, 200), body: () => book },
  'DELETE /books/{id}': { statuses: removes(204, 204) },
}

await test('S44 who may call what', async (t) => {
  const {
    as,
    backend,
    documents: { v1: document },
    login,
    request,
  } = await start(t)
  const records: Record<string, object> = { posts: post, todos: todo, books: book }
  const people: Record<Exclude<Who, 'anonymous'>, Client> = {
    owner: await as('owner'),
    other: await as('other'),
    moderator: await as('mod', 'moderator'),
    admin: await as('boss', 'admin'),
  }
  let accounts = 0

  /** A new record of the owner; below /users a new account, and then its owner is who it is about. */
  async function fresh(path: string) {
    const resource = /^\/(posts|todos|books)/.exec(path)?.[1]
    if (resource === undefined) {
      const owner = path === '/users/{id}' ? await as(`account-${++accounts}`) : people.owner
      return { id: owner.id, owner }
    }
    const { body } = await people.owner.post(`/api/v1/${resource}`, records[resource])
    return { id: Number(body.id), owner: people.owner }
  }
  /** Whoever logs out does so in a session of their own. */
  async function senderOf(who: Who, owner: Client, path: string) {
    if (who === 'anonymous') return undefined
    const client = who === 'owner' ? owner : people[who]
    return path === '/logout' ? login(client.username, client.id) : client
  }

  await t.test('a route without an entry here fails', async (t) => {
    const paths: Record<string, object> = document.paths
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    t.strictSame(Object.keys(MATRIX).toSorted(), routes.toSorted())
  })

  await t.test('S50 each gets the status of their cell, and never a hash', async (t) => {
    for (const [route, { statuses, body }] of Object.entries(MATRIX)) {
      const [method = '', path = ''] = route.split(' ')
      const got: number[] = []
      for (const who of WHO) {
        const { id, owner } = await fresh(path)
        const sender = await senderOf(who, owner, path)
        const send = sender?.send ?? ((m, url, payload) => request(m, url, { body: payload }))
        const url = `/api/v1${path.replace('{id}', String(id))}`
        const reply = await send(method, url, body?.(id, who))
        got.push(reply.status)
        const shown = reply.text + JSON.stringify(reply.headers)
        t.notMatch(shown, /bcrypt|\$2[aby]\$|password_|_key"|revision|status"/, `${route}: ${who}`)
        for (const secret of await secrets()) if (shown.includes(secret)) t.fail(`${route} leaks`)
      }
      t.strictSame(got, statuses, `${route} (${WHO.join(', ')})`)
    }
  })

  async function secrets() {
    const { users, signingKeys } = backend.store.tables
    const rows = await backend.store.query((q) => q.select().from(users))
    const keys = await backend.store.query((q) => q.select().from(signingKeys))
    return [
      ...rows.flatMap(({ passwordHash, passwordSecret }) => [passwordHash, passwordSecret]),
      ...keys.map(({ privateKey }) => privateKey),
    ]
  }

  await t.test('POST /refresh is for those who have a refresh token', async (t) => {
    for (const { refreshToken } of Object.values(people)) {
      const headers = { authorization: `Bearer ${refreshToken}` }
      t.equal((await request('POST', '/api/v1/refresh', { headers })).status, 200)
    }
  })
})
