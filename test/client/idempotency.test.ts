import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { ALICE, proxy, serve } from './node.ts'

await test('a record is made once, though the reply to its first try is lost', async (t) => {
  const node = await serve(t)
  const keys: Array<string | null> = []
  let isLost = false
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    if (isLost || !line.startsWith('POST /todos')) return 'pass'
    isLost = true
    reply.resume()
    outgoing.destroy()
    return 'meddled'
  })
  const { login, POST, all } = node.client({
    baseUrl,
    fetch(request) {
      if (request.url.includes('/todos')) keys.push(request.headers.get('idempotency-key'))
      return fetch(request)
    },
  })
  await login(ALICE)
  const { data, response } = await POST('/todos', { body: { title: 'Water the plants' } })
  t.equal(response.headers.get('idempotency-replayed'), 'true')
  t.equal(node.count('POST /todos'), 2)
  t.match(keys[0], /^[0-9a-f]{32}$/)
  t.strictSame(keys, [keys[0], keys[0]])
  const kept = await Array.fromAsync(all('/todos'))
  t.strictSame(kept, [data], 'exactly one record')

  await POST('/todos', { body: { title: 'Water the plants' } })
  t.not(keys.at(-1), keys[0], 'another record has another key')
  t.equal((await Array.fromAsync(all('/todos'))).length, 2)
})

await test('a try that is running still is waited for', async (t) => {
  const node = await serve(t)
  const { idempotency } = node.backend
  const body = { title: 'Hello', content: 'Once.', category: 'general' }
  // The server has got the first try and works on it; nobody listens for the reply any more.
  const begun = await idempotency.begin({
    actor: { id: 1 },
    method: 'POST',
    path: '/api/v2/posts',
    key: 'mine',
    body: JSON.stringify(body),
  })
  const { login, POST } = node.client({
    async sleep() {
      node.waits.push(1)
      if ('reservation' in begun) await idempotency.release(begun.reservation)
    },
  })
  await login(ALICE)
  const init = { params: { header: { 'idempotency-key': 'mine' } }, body }
  t.equal((await POST('/posts', init)).data.title, 'Hello')
  t.strictSame([node.count('POST /posts'), node.waits.length], [2, 1])
})

await test('a key of their own is left as it is', async (t) => {
  const node = await serve(t)
  const { login, POST } = node.client()
  await login(ALICE)
  const init = { params: { header: { 'idempotency-key': 'mine' } }, body: { title: 'Once' } }
  const first = await POST('/todos', init)
  const { data, response } = await POST('/todos', init)
  t.strictSame(data, first.data)
  t.equal(response.headers.get('idempotency-replayed'), 'true')
  await t.rejects(POST('/todos', { ...init, body: { title: 'Twice' } }), {
    code: 'idempotency_key_reused',
    status: 422,
  })
})

await test('what creates records has a key after a refresh too, other posts have none', async (t) => {
  const node = await serve(t)
  const sent: string[] = []
  const { login, POST } = node.client({
    fetch(request) {
      const key = request.headers.get('idempotency-key')
      sent.push(`${new URL(request.url).pathname.slice('/api/v2'.length)} ${key ? 'key' : 'none'}`)
      return fetch(request)
    },
  })
  await login(ALICE)
  node.clock.advance(901)
  await POST('/books', { body: { title: 'Walden', author: 'Henry David Thoreau' } })
  await POST('/books/bulk', {
    body: { operations: [{ op: 'create', value: { title: 'Emma', author: 'Jane Austen' } }] },
  })
  const csv = readFileSync(new URL('books.csv', import.meta.url), 'utf8')
  for (const body of [csv, new Blob([csv])])
    await POST('/books/import', {
      params: { query: { dry_run: true } },
      headers: { 'content-type': 'text/csv' },
      body,
    })
  await POST('/auth/email/resend').catch(() => undefined)
  t.strictSame(sent, [
    '/auth/login none',
    '/books key',
    '/auth/refresh none',
    '/books key',
    '/books/bulk key',
    '/books/import key',
    '/books/import key',
    '/auth/email/resend none',
  ])
})
