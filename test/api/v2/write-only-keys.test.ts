import { test, type Test } from 'tap'
import { start } from '../../helper.ts'

const WRITTEN = 'application/vnd.commonplace.written+json; charset=utf-8'
const SENT = {
  posts: { title: 'A post', content: 'Its text' },
  todos: { title: ' Water the plants ', priority: 'high' },
  books: { title: 'Walden', author: 'Henry David Thoreau' },
}
const PLAIN = { posts: SENT.posts, todos: { title: 'Water the plants' }, books: SENT.books }
type Name = keyof typeof SENT
const NAMES = Object.keys(SENT) as Name[]

/** Alice with her session, and keys of hers that may only write, or read as well. */
async function scene(t: Test) {
  const node = await start(t)
  const alice = await node.as('alice')
  const keyOf = async (scopes: string[]) => {
    const { body } = await alice.post('/api/v2/auth/api-keys', { name: 'a key', scopes })
    return (method: string, url: string, sent?: unknown, headers: Record<string, string> = {}) =>
      node.request(method, url, {
        ...(sent !== undefined && { body: sent }),
        headers: { 'x-api-key': body.key, ...headers },
      })
  }
  const write = NAMES.map((name) => `${name}:write`)
  const read = NAMES.map((name) => `${name}:read`)
  return {
    ...node,
    alice,
    writer: await keyOf(write),
    both: await keyOf([...write, ...read]),
    keyOf,
  }
}
const only = (sent: object, id: unknown) => ({ id, ...sent })

for (const name of NAMES)
  await test(`S88 a key that may only write ${name} reads nothing back`, async (t) => {
    const { alice, writer, both } = await scene(t)
    const url = `/api/v2/${name}`
    const trimmed = { ...SENT[name], title: SENT[name].title.trim() }
    const made = await writer('POST', url, SENT[name])
    t.match(made, { status: 201, headers: { 'content-type': WRITTEN, etag: /^"\w/ } })
    t.strictSame(made.body, only(trimmed, made.body.id))
    t.equal(made.headers['location'], `${url}/${made.body.id}`)
    const changed = await writer('PATCH', `${url}/${made.body.id}`, { title: 'Another' })
    t.strictSame([changed.status, changed.body], [200, { id: made.body.id, title: 'Another' }])

    const stale = await writer(
      'PATCH',
      `${url}/${made.body.id}`,
      { title: 'x' },
      { 'if-match': '"z"' },
    )
    t.equal(stale.status, 412)
    t.notMatch(stale.text, /Another|Thoreau|Its text/)
    t.match(await alice.get(`${url}/${made.body.id}`), { status: 200, body: { title: 'Another' } })

    const plain = await writer('POST', `/api/v1/${name}`, PLAIN[name])
    t.strictSame([plain.status, plain.body], [201, only(PLAIN[name], plain.body.id)])
    const body = { ...PLAIN[name], title: 'Third' }
    const put = await writer('PUT', `/api/v1/${name}/${plain.body.id}`, body)
    t.strictSame([put.status, put.body], [200, only(body, plain.body.id)])

    const whole = await both('PATCH', `${url}/${made.body.id}`, { title: 'Fourth' })
    t.match(whole, { status: 200, body: { created_at: String } }, 'who may read sees all')
    t.match(whole.headers['content-type'], /^application\/json/)
    t.match(await alice.send('DELETE', `${url}/${made.body.id}`), { status: 204 })
    t.match(await writer('DELETE', `${url}/${plain.body.id}`), { status: 204, text: '' })
  })

await test('S88 nor by a bulk, an import, or a reply that is given again', async (t) => {
  const { alice, writer } = await scene(t)
  for (const name of NAMES) {
    const url = `/api/v2/${name}`
    const { body: hers } = await alice.post(url, SENT[name])
    const operations = [
      { op: 'create', value: { ...SENT[name], title: 'New' } },
      { op: 'update', id: hers.id, value: { title: 'Changed' } },
      { op: 'update', id: 2_000_000, value: { title: 'x' } },
      { op: 'delete', id: hers.id + 5000 },
    ]
    const headers = { 'idempotency-key': `bulk of ${name}`.replaceAll(' ', '-') }
    // Her session does it first: what is kept is what that may see.
    const first = await alice.send('POST', `${url}/bulk`, { operations }, { headers })
    t.match(first, { status: 200, body: { results: [{ data: { created_at: String } }] } })
    for (const given of [headers, { 'idempotency-key': `${name}-2` }]) {
      const reply = await writer('POST', `${url}/bulk`, { operations }, given)
      t.match(reply, { status: 200, headers: { 'content-type': WRITTEN } })
      const [created, updated, ...failed] = reply.body.results
      t.match(created, { status: 201, etag: String })
      t.strictSame(created.data, {
        id: created.data.id,
        ...SENT[name],
        title: 'New',
      })
      t.strictSame(updated.data, { id: hers.id, title: 'Changed' })
      t.match(failed, [{ status: 404 }, { status: 404 }])
    }
    const key = { 'idempotency-key': `one-of-${name}` }
    const one = await alice.send('POST', url, SENT[name], { headers: key })
    const again = await writer('POST', url, SENT[name], key)
    t.match(again, { status: 201, headers: { 'idempotency-replayed': 'true' } })
    t.strictSame(
      Object.keys(again.body),
      ['id', ...Object.keys(SENT[name])].filter((k) => k in again.body),
    )
    t.equal(again.body.id, one.body.id)
    t.notOk('created_at' in again.body)
    t.equal((await alice.send('POST', url, SENT[name], { headers: key })).text, one.text, 'hers')
  }
  const file = await writer('POST', '/api/v2/todos/import', 'title\r\nOne\r\n', {
    'content-type': 'text/csv',
  })
  t.match(file, { status: 201, body: { created: 1, rejected: 0, errors: [] } })
  t.match(await writer('DELETE', '/api/v1/todos?ids=1'), { status: 200, body: { deleted: 1 } })
})

await test('S88 a key that may change accounts is told of none', async (t) => {
  const { as, request } = await scene(t)
  const [admin, bob] = [await as('root-1', 'admin'), await as('bob')]
  const { body } = await admin.post('/api/v2/auth/api-keys', { name: 'k', scopes: ['users:write'] })
  const headers = { 'x-api-key': body.key }
  const v2 = await request('PATCH', `/api/v2/users/${bob.id}`, {
    body: { status: 'suspended' },
    headers,
  })
  t.strictSame([v2.status, v2.body], [200, { id: bob.id, status: 'suspended' }])
  const v1 = await request('PUT', `/api/v1/users/${bob.id}`, { body: { phone: null }, headers })
  t.strictSame([v1.status, v1.body], [200, { id: bob.id, phone: null }])
})
