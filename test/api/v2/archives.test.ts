import { test, type Test } from 'tap'
import { start, type Started } from '../../helper.ts'
import { actorOf } from '../credentials.ts'
import { unzip } from './unzip.ts'

const EXPORTS = '/api/v2/me/exports'

const lines = (file = '') =>
  file
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** Links an identity, as a sign-in does. */
async function identify({ backend: { store }, clock }: Started, userId: number, subject: string) {
  const { identities } = store.tables
  const now = clock.now()
  const linked = { userId, provider: 'example', subject, createdAt: now, lastUsedAt: now }
  await store.transaction((tx) => tx.query((q) => q.insert(identities).values(linked)))
}

async function scene(t: Test) {
  const started = await start(t)
  const alice = await started.as('alice')
  const bob = await started.as('bob')
  for (const [owner, name] of [
    [alice, 'hers'],
    [bob, 'his'],
  ] as const) {
    await owner.post('/api/v2/posts', { title: name, content: name })
    await owner.post('/api/v2/todos', { title: name })
    await owner.post('/api/v2/books', { title: name, author: name })
    await started.backend.apiKeys.create(actorOf(owner), { name, scopes: ['posts:read'] })
    await identify(started, owner.id, name)
  }
  const link = async () => {
    const reply = await alice.post(EXPORTS)
    t.equal(reply.status, 201)
    return reply
  }
  const fetchBytes = async (url: string) => {
    const { statusCode, headers, rawPayload } = await started.app.inject({ method: 'GET', url })
    return { status: statusCode, headers, bytes: rawPayload }
  }
  return { ...started, alice, bob, link, fetchBytes }
}

await test('S78 an export has all that is of its user, and nothing of anybody else', async (t) => {
  const { alice, link, fetchBytes, clock, backend } = await scene(t)
  for (let i = 0; i < 45; i++)
    await backend.posts.create(actorOf(alice), { title: `post ${i}`, content: 'x' })
  const { body, headers } = await link()
  t.equal(headers['location'], body.url)
  const left = Date.parse(body.expires_at) - clock.now().getTime()
  t.ok(left > 290_000 && left <= 300_000, 'five minutes')

  const reply = await fetchBytes(body.url)
  t.equal(reply.status, 200)
  t.match(reply.headers, {
    'content-type': 'application/zip',
    'content-disposition': 'attachment; filename="commonplace-export.zip"',
    'cache-control': 'no-store',
  })
  const files = await unzip(reply.bytes)
  t.same(Object.keys(files).toSorted(), [
    'account.json',
    'activity.ndjson',
    'api-keys.json',
    'books.ndjson',
    'identities.json',
    'posts.ndjson',
    'sessions.json',
    'todos.ndjson',
  ])
  t.match(JSON.parse(files['account.json'] ?? ''), { id: alice.id, username: 'alice' })
  t.equal(lines(files['posts.ndjson']).length, 46)
  t.match(lines(files['todos.ndjson']), [{ title: 'hers' }])
  t.match(lines(files['books.ndjson']), [{ title: 'hers' }])
  t.match(JSON.parse(files['sessions.json'] ?? ''), [{ ip: '127.0.0.1', ended_at: null }])
  t.match(JSON.parse(files['api-keys.json'] ?? ''), [{ name: 'hers' }])
  t.match(JSON.parse(files['identities.json'] ?? ''), [{ provider: 'example', subject: 'hers' }])
  const did = new Set(lines(files['activity.ndjson']).map(({ action }) => action))
  for (const action of ['register', 'login', 'account.export']) t.ok(did.has(action), action)
  const all = Object.values(files).join('\n')
  t.notMatch(all, /"his"|bob|bcrypt|cpk_[\w-]{40}/)
  t.notOk(all.includes(alice.refreshToken))
})

await test('a link is good once, for five minutes, and the newest alone', async (t) => {
  const { link, fetchBytes, clock, request, backend, alice } = await scene(t)
  const first = (await link()).body.url
  const { url } = (await link()).body
  t.equal((await fetchBytes(first)).status, 404)
  t.match(await request('HEAD', url), { status: 200, text: '' })
  t.equal((await fetchBytes(url)).status, 200, 'a look does not spend it')
  t.match(await request('GET', url), { status: 404, body: { code: 'not_found' } })
  t.match(await request('HEAD', url), { status: 404 })

  const late = (await link()).body.url
  clock.advance(301)
  t.match(await request('GET', late), { status: 404 })
  const last = (await link()).body.url
  const replies = await Promise.all(Array.from({ length: 5 }, () => fetchBytes(last)))
  t.equal(
    replies.filter(({ status }) => status === 200).length,
    1,
    'also when it is followed twice',
  )

  const gone = (await link()).body.url
  await backend.accounts.setStatus(alice.id, 'suspended')
  t.match(await request('GET', gone), { status: 404 })
  t.match(await request('GET', `${EXPORTS}/${'A'.repeat(43)}`), { status: 404 })
  t.match(await request('GET', `${EXPORTS}/x`), {
    status: 422,
    body: { code: 'validation_failed' },
  })
})

await test('S22 S78 who asks has logged in just now, and the link opens nothing else', async (t) => {
  const { alice, link, request } = await scene(t)
  t.match(await request('POST', EXPORTS), { status: 401 })
  const token = String((await link()).body.url)
    .split('/')
    .at(-1)
  const headers = { authorization: `Bearer ${token}` }
  t.match(await request('GET', '/api/v2/me', { headers }), { status: 401 })
  t.match(await request('POST', '/api/v2/auth/email/verify', { body: { token } }), { status: 422 })
  t.ok(alice)
})

await test('an archive that fails on its way breaks off', async (t) => {
  const { link, app, backend } = await scene(t)
  const { url } = (await link()).body
  backend.archives.sessions = async () => Promise.reject(new Error('the disk is on fire'))
  await t.rejects(app.inject({ method: 'GET', url }))
})
