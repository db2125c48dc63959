import { test } from 'tap'
import { start } from '../../helper.ts'

await test('what is unacceptable is told before what is absent or of others, and denies nobody', async (t) => {
  const { as, backend } = await start(t)
  const [alice, bob] = [await as('alice'), await as('bob')]
  const { id } = (await alice.post('/api/v1/posts', { title: 'a', content: 'b' })).body
  const bad = { username: 'a b c' }
  t.match(await bob.put('/api/v1/users/2147483647', bad), { status: 400 })
  t.match(await bob.put(`/api/v1/users/${alice.id}`, bad), { status: 400 })
  t.match(await bob.put('/api/v1/posts/2147483647', { title: ' ' }), { status: 400 })
  t.match(await bob.put(`/api/v1/posts/${id}`, { title: ' ' }), { status: 400 })
  const { auditEvents } = backend.store.tables
  const events = await backend.store.query((q) => q.select().from(auditEvents))
  t.notOk(events.some(({ action }) => action === 'access.denied'))
})

await test('a record is not made for an account that is deleted at the same time', async (t) => {
  const { as, backend } = await start(t)
  for (const url of ['posts', 'todos', 'books']) {
    const client = await as(`writer-of-${url}`)
    const body = {
      title: 'a',
      ...(url === 'posts' && { content: 'b' }),
      ...(url === 'books' && { author: 'c' }),
    }
    const [gone, ...created] = await Promise.all([
      client.delete(`/api/v1/users/${client.id}`),
      ...Array.from({ length: 4 }, () => client.post(`/api/v1/${url}`, body)),
    ])
    t.match(gone, { status: 204 })
    for (const { status } of created) t.ok([201, 401].includes(status), `${url}: ${status}`)
  }
  t.equal((await backend.posts.list({ limit: 1, offset: 0 })).total, 0)
  t.equal((await backend.books.list({ limit: 1, offset: 0 })).total, 0)
})

await test('a path speaks the version that the router finds under it, however it is written', async (t) => {
  const { app } = await start(t)
  const { headers, statusCode, body } = await app.inject('/%61pi/v1/me')
  t.match(headers, { 'x-api-version': '1', 'content-type': /^application\/json/ })
  t.equal(statusCode, 401)
  t.same(JSON.parse(body), { error: 'Unauthorized', message: 'Missing token' })
  t.match((await app.inject('/%E0%A4%A')).headers, { 'x-api-version': '2' })
})

await test('S55 the answer to a body that is nested without end is short', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const deep = `{"title":${'['.repeat(50_000)}"\\u0000"${']'.repeat(50_000)}}`
  const headers = { 'content-type': 'application/json' }
  const reply = await alice.send('POST', '/api/v1/todos', deep, { headers })
  t.equal(reply.status, 400)
  t.ok(reply.text.length < 1000, `${reply.text.length} characters`)
})
