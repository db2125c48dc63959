import { test, type Test } from 'tap'
import { start, type Reply } from '../../helper.ts'
import { RESOURCES, urlOf } from './content.ts'

const [posts, , books] = RESOURCES as [(typeof RESOURCES)[0], unknown, (typeof RESOURCES)[0]]
const POST = { title: 'Once', content: 'and only once' }

async function scene(t: Test, options = {}) {
  const started = await start(t, options)
  const alice = await started.as('alice')
  const send = (key: string, body: object = POST, url = urlOf(posts), caller = alice) =>
    caller.post(url, body, { headers: { 'idempotency-key': key } })
  const count = async (url = urlOf(posts)) => {
    const { body } = await alice.get(url, { query: { total: 'true' } })
    return Number(body.page.total)
  }
  return { ...started, alice, send, count }
}
const replayed = ({ headers }: Reply) => headers['idempotency-replayed'] === 'true'
const same = (t: Test, again: Reply, first: Reply) => {
  t.ok(replayed(again), 'it says so')
  t.equal(again.status, first.status)
  t.equal(again.text, first.text, 'byte for byte')
  for (const name of ['location', 'etag', 'content-type'])
    t.equal(again.headers[name], first.headers[name], name)
}

for (const resource of RESOURCES)
  await test(`${resource.name}: a key is good for one record`, async (t) => {
    const { send, count, alice } = await scene(t)
    const url = urlOf(resource)
    const first = await send('key-1', resource.least, url)
    t.match(first, { status: 201 })
    t.notOk(replayed(first))
    await alice.patch(String(first.headers['location']), { title: 'Changed meanwhile' })
    same(t, await send('key-1', resource.least, url), first)
    same(t, await send('"key-1"', resource.least, url), first)
    t.equal(await count(url), 1)

    const other = await send('key-2', resource.least, url)
    t.match(other, { status: 201 })
    t.notOk(replayed(other))
    t.equal(await count(url), 2)
    t.match(await alice.post(url, resource.least), { status: 201 }, 'without a key nothing is kept')
    t.equal(await count(url), 3)
  })

await test('a bulk is done once', async (t) => {
  const { send, count } = await scene(t)
  const url = `${urlOf(posts)}/bulk`
  const bulk = {
    operations: [
      { op: 'create', value: POST },
      { op: 'create', value: { title: '' } },
      { op: 'delete', id: 2147483647 },
    ],
  }
  const first = await send('k', bulk, url)
  t.match(first.body.results, [{ status: 201 }, { status: 422 }, { status: 404 }])
  same(t, await send('k', bulk, url), first)
  t.equal(await count(), 1)
  const undone = await send('atomic', { ...bulk, atomic: true }, url)
  t.match(undone, { status: 422, body: { code: 'bulk_rolled_back' } })
  same(t, await send('atomic', { ...bulk, atomic: true }, url), undone)
  t.equal(await count(), 1)
})

await test('the same key is another one elsewhere, and of somebody else', async (t) => {
  const { send, as, count } = await scene(t)
  const bob = await as('bob')
  t.match(await send('k'), { status: 201 })
  const theirs = await send('k', POST, urlOf(posts), bob)
  t.match(theirs, { status: 201 })
  t.notOk(replayed(theirs))
  const book = await send('k', books.least, urlOf(books))
  t.match(book, { status: 201 })
  t.notOk(replayed(book))
  t.equal(await count(), 2)
})

await test('the same key with another body is refused', async (t) => {
  const { send, count } = await scene(t)
  await send('k')
  const reply = await send('k', { ...POST, category: 'other' })
  t.match(reply, { status: 422, body: { code: 'idempotency_key_reused' } })
  t.notOk(replayed(reply))
  t.equal(await count(), 1)
})

await test('a refusal of the domain is kept, one of the form is not', async (t) => {
  const { send, alice, count } = await scene(t)
  const isbn = '9780441478125'
  const book = { title: 'One', author: 'a', isbn }
  const { headers } = await alice.post(urlOf(books), book)
  const taken = await send('k', book, urlOf(books))
  t.match(taken, { status: 409, body: { code: 'isbn_taken' } })
  await alice.delete(String(headers['location']))
  const again = await send('k', book, urlOf(books))
  t.ok(replayed(again))
  t.equal(again.text, taken.text)
  t.equal(await count(urlOf(books)), 0)

  t.match(await send('form', { title: '' }), { status: 422, body: { code: 'validation_failed' } })
  const corrected = await send('form')
  t.match(corrected, { status: 201 })
  t.notOk(replayed(corrected))
})

await test('a fault is not kept: the request may be sent again', async (t) => {
  const { send, backend, count } = await scene(t)
  const service = backend.collections.get('posts')!
  const { create } = service
  service.create = async () => Promise.reject(new Error('the disk is on fire'))
  t.match(await send('k'), { status: 500 })
  service.create = create
  const reply = await send('k')
  t.match(reply, { status: 201 })
  t.notOk(replayed(reply))
  t.equal(await count(), 1)
})

await test('a refusal that cannot be kept is told all the same', async (t) => {
  const { send, backend, alice } = await scene(t)
  const isbn = '9780441478125'
  await alice.post(urlOf(books), { title: 'One', author: 'a', isbn })
  backend.idempotency.keepRefusal = async () => Promise.reject(new Error('the disk is on fire'))
  t.match(await send('k', { title: 'Two', author: 'a', isbn }, urlOf(books)), {
    status: 409,
    body: { code: 'isbn_taken' },
  })
})

await test('a reply is kept for 24 hours', async (t) => {
  const { send, clock, login, alice, count } = await scene(t)
  const first = await send('k')
  clock.advance(24 * 3600 - 5)
  const later = await login('alice', alice.id)
  same(t, await send('k', POST, urlOf(posts), later), first)
  clock.advance(10)
  const afresh = await send('k', POST, urlOf(posts), later)
  t.match(afresh, { status: 201 })
  t.notOk(replayed(afresh))
  t.equal(await count().catch(() => 2), 2)
})

await test('what a crash left behind is free after a minute', async (t) => {
  const { send, clock, backend, alice, count } = await scene(t)
  const body = JSON.stringify(POST)
  const request = { actor: alice, method: 'POST', path: urlOf(posts), key: 'k', body }
  const begun = await backend.idempotency.begin(request)
  t.match(await send('k'), { status: 409, body: { code: 'idempotency_key_in_use' } })
  t.equal(await count(), 0)
  clock.advance(61)
  const taken = await send('k')
  t.match(taken, { status: 201 })

  // Who was slow, not dead, finds the key taken: its own effect is undone.
  const { reservation } = begun as { reservation: { key: string; holder: string } }
  const reply = { status: 201, headers: {}, body: '{}' }
  await t.rejects(backend.idempotency.keepRefusal(reservation, reply), {
    code: 'IDEMPOTENCY_KEY_IN_USE',
  })
  await backend.idempotency.release(reservation)
  same(t, await send('k'), taken)
  t.equal(await count(), 1)
})

await test('a reservation that is renewed lives on', async (t) => {
  const { send, clock, backend, alice } = await scene(t)
  const body = JSON.stringify(POST)
  const request = { actor: alice, method: 'POST', path: urlOf(posts), key: 'k', body }
  const begun = await backend.idempotency.begin(request)
  clock.advance(50)
  if ('reservation' in begun) await backend.idempotency.renew(begun.reservation)
  clock.advance(50)
  t.match(await send('k'), { status: 409, body: { code: 'idempotency_key_in_use' } })
})

await test('fifty copies at once, on two nodes: one record', async (t) => {
  const { alice, databaseUrl, count, clock } = await scene(t)
  const second = await start(t, { databaseUrl, clock })
  const headers = {
    authorization: `Bearer ${alice.accessToken}`,
    'idempotency-key': 'storm',
  }
  // Where there are not enough connections for all at once, a copy is refused and sent again.
  async function insist(send: () => Promise<Reply>): Promise<Reply> {
    const reply = await send()
    return reply.status === 503 ? insist(send) : reply
  }
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      insist(() =>
        i % 2 === 0
          ? alice.post(urlOf(posts), POST, { headers })
          : second.request('POST', urlOf(posts), { body: POST, headers }),
      ),
    ),
  )
  const made = replies.filter((reply) => reply.status === 201 && !replayed(reply))
  t.equal(made.length, 1)
  for (const reply of replies)
    if (reply.status === 201) t.equal(reply.text, made[0]?.text)
    else t.match(reply, { status: 409, body: { code: 'idempotency_key_in_use' } })
  t.equal(await count(), 1)
})

await test('a key that is none is refused, and nothing happens', async (t) => {
  const { send, count } = await scene(t)
  for (const key of ['', '""', 'a b', '"a', 'a'.repeat(256), 'schlüssel', '"tab\t"', '"\\x"'])
    t.match(await send(key), { status: 422, body: { code: 'validation_failed' } }, key)
  t.equal(await count(), 0)
  for (const key of ['a'.repeat(255), '"a b"', String.raw`"\"\\"`])
    t.match(await send(key), { status: 201 }, key)
})

await test('other requests ignore the header', async (t) => {
  const { alice, send } = await scene(t)
  const { headers } = await send('k')
  const location = String(headers['location'])
  for (const title of ['a', 'b'])
    t.match(await alice.patch(location, { title }, { headers: { 'idempotency-key': 'p' } }), {
      status: 200,
      body: { title },
    })
})

await test('keys go with their account, and are purged when they have run out', async (t) => {
  const { send, as, backend, clock, alice } = await scene(t)
  const bob = await as('bob')
  const { idempotencyKeys } = backend.store.tables
  const owners = async () => {
    const rows = await backend.store.query((q) => q.select().from(idempotencyKeys))
    return rows.map(({ userId }) => userId).toSorted((a, b) => a - b)
  }
  await send('k')
  await send('k', POST, urlOf(posts), bob)
  t.same(await owners(), [alice.id, bob.id])
  await bob.delete('/api/v2/me')
  t.same(await owners(), [alice.id])
  clock.advance(24 * 3600 + 1)
  t.match(await backend.purge(), { idempotency_keys: 1 })
  t.same(await owners(), [])
})
