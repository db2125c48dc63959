import { test } from 'tap'
import { start } from '../../helper.ts'
import { RESOURCES, urlOf } from './content.ts'

for (const resource of RESOURCES) {
  const { name, one, least, shown, most, mostShown, patches, isShared, access } = resource

  await test(`S48 a new record of ${name} belongs to whoever made it, and says where it is`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    for (const [body, expected] of [
      [least, shown],
      [most, mostShown],
    ]) {
      const reply = await alice.post(urlOf(resource), body)
      const { id, created_at } = reply.body
      const user = { user: { id: alice.id, username: 'alice' } }
      t.strictSame(reply.body, {
        id,
        ...expected,
        ...(isShared && user),
        created_at,
        updated_at: created_at,
      })
      t.match(reply, { status: 201, headers: { location: urlOf(resource, id) } })
      const read = await alice.get(urlOf(resource, id))
      t.strictSame([read.status, read.body], [200, reply.body])
      t.equal(read.headers['etag'], reply.headers['etag'])
      t.match(read.headers['etag'], /^"[\x21\x23-\x7e]+"$/, 'strong')
      const head = await alice.send('HEAD', urlOf(resource, id))
      t.match(head, { status: 200, text: '', headers: { etag: read.headers['etag'] } })
    }
  })

  await test(`who may read ${name}`, async (t) => {
    const { as, request } = await start(t)
    const alice = await as('alice')
    const { id } = (await alice.post(urlOf(resource), least)).body
    const url = urlOf(resource, id)
    const status = async (caller: { get: typeof alice.get }) => (await caller.get(url)).status
    t.equal((await request('GET', url)).status, access === 'public' ? 200 : 401)
    const foreign = access === 'owner' ? 403 : 200
    for (const role of ['user', 'moderator', 'admin'] as const)
      t.equal(await status(await as(`the.${role}`, role)), foreign, role)
    t.match(await alice.get(urlOf(resource, 2147483647)), {
      status: 404,
      body: { code: 'not_found', detail: `${one} not found` },
    })
  })

  await test(`a patch of ${name} changes what it names, and nothing else`, async (t) => {
    const { as, clock } = await start(t)
    const alice = await as('alice')
    const made = await alice.post(urlOf(resource), most)
    const url = urlOf(resource, made.body.id)
    let before = made
    for (const [i, [patch, changes]] of patches.entries()) {
      clock.advance(1)
      const type = i % 2 === 0 ? 'application/merge-patch+json' : 'application/json'
      const headers = { 'content-type': type }
      const reply = await alice.patch(url, JSON.stringify(patch), { headers })
      const about = JSON.stringify(patch)
      const { updated_at } = reply.body
      t.strictSame([reply.status, reply.body], [200, { ...before.body, ...changes, updated_at }])
      t.ok(updated_at > before.body.updated_at, about)
      t.not(reply.headers['etag'], before.headers['etag'], about)
      const read = await alice.get(url)
      t.strictSame(read.body, reply.body, about)
      t.equal(read.headers['etag'], reply.headers['etag'], about)
      before = reply
    }
  })

  await test(`a record of ${name} that was removed is gone, and its id is not given again`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    const { id } = (await alice.post(urlOf(resource), least)).body
    const kept = (await alice.post(urlOf(resource), least)).body
    const reply = await alice.delete(urlOf(resource, kept.id))
    t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? most : undefined
      t.equal((await alice.send(method, urlOf(resource, kept.id), body)).status, 404, method)
    }
    t.equal((await alice.get(urlOf(resource, id))).status, 200)
    t.ok((await alice.post(urlOf(resource), least)).body.id > kept.id)
  })

  await test(`S45 whether moderators and admins may change ${name} of others`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    for (const role of ['user', 'moderator', 'admin'] as const) {
      const other = await as(`the.${role}`, role)
      const isAllowed = isShared && role !== 'user'
      const made = await alice.post(urlOf(resource), least)
      const url = urlOf(resource, made.body.id)
      const patched = await other.patch(url, { title: 'moderated' })
      const title = isAllowed ? 'moderated' : made.body.title
      if (isAllowed) t.match(patched.body, { title, user: { username: 'alice' } })
      else t.match(patched, { status: 403, body: { code: 'not_owner' } })
      t.match(await alice.get(url), { status: 200, body: { title } })
      const removed = await other.delete(url)
      t.equal(removed.status, isAllowed ? 204 : 403, role)
      t.equal((await alice.get(url)).status, isAllowed ? 404 : 200)
    }
  })
}

await test('a to-do tells when it was completed, by whichever version', async (t) => {
  const { as, clock } = await start(t)
  const alice = await as('alice')
  const { id } = (await alice.post('/api/v2/todos', { title: 'a' })).body
  const url = `/api/v2/todos/${id}`
  const step = async (version: 1 | 2, body: object) => {
    clock.advance(1)
    if (version === 1) await alice.put(`/api/v1/todos/${id}`, body)
    else await alice.patch(url, body)
    return (await alice.get(url)).body
  }
  for (const version of [1, 2] as const) {
    const done = await step(version, { completed: true })
    t.strictSame([done.completed, done.completed_at], [true, done.updated_at])
    const again = await step(version, { completed: true, title: 'b' })
    t.equal(again.completed_at, done.completed_at, 'the first time counts')
    const open = await step(version, { completed: false })
    t.strictSame([open.completed, open.completed_at], [false, null])
  }
  const { body } = await alice.post('/api/v2/todos', { title: 'a', completed: true })
  t.equal(body.completed_at, body.created_at)
})

await test('an ISBN is unique among the books of one owner, in either length', async (t) => {
  const { as } = await start(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  const moderator = await as('marie', 'moderator')
  const book = { title: 'a', author: 'b' }
  const add = (by: typeof alice, isbn: string) => by.post('/api/v2/books', { ...book, isbn })
  const taken = {
    status: 409,
    body: { code: 'isbn_taken', detail: 'You have a book with this ISBN already' },
  }
  const first = await add(alice, '0441478123')
  t.equal(first.body.isbn, '9780441478125')
  for (const isbn of ['0-441-47812-3', '9780441478125', '978 0 441 47812 5'])
    t.match(await add(alice, isbn), taken, isbn)
  t.equal((await add(bob, '9780441478125')).status, 201, "another owner's")
  const second = await add(alice, '9780306406157')
  const url = `/api/v2/books/${second.body.id}`
  t.match(await alice.patch(url, { isbn: '0441478123', title: 'c' }), taken)
  t.match(await moderator.patch(url, { isbn: '0441478123' }), taken)
  t.strictSame((await alice.get(url)).body, second.body, 'nothing changed')
  t.equal((await alice.patch(url, { isbn: '9780306406157' })).status, 200, 'its own')
  const parallel = await Promise.all(
    Array.from({ length: 10 }, () => add(bob, '979-10-90636-07-1')),
  )
  const statuses = parallel.map(({ status }) => status).toSorted((a, b) => a - b)
  t.strictSame(statuses, [201, ...Array(9).fill(409)])
  t.equal((await alice.delete(`/api/v2/books/${first.body.id}`)).status, 204)
  t.equal((await alice.patch(url, { isbn: '0441478123' })).status, 200, 'free again')
  for (const _ of [1, 2]) t.equal((await alice.post('/api/v2/books', book)).status, 201, 'none')
})
