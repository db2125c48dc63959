import { Readable } from 'node:stream'
import { test, type Test } from 'tap'
import { start, type Started } from '../../helper.ts'
import { actorOf, keyOf } from '../credentials.ts'

const POSTS = 50

/** Somebody with more posts than a page of an export has, whose account is recovered when the first page is read. */
async function scene(t: Test) {
  const started = await start(t)
  const { backend, as, app } = started
  const alice = await as('alice')
  for (let i = 0; i < POSTS; i++)
    await backend.posts.create(actorOf(alice), { title: `post ${i}`, content: 'x' })
  const recover = () => backend.accounts.setStatus(alice.id, 'suspended')
  const pages = atFirstPage(started, recover)
  /** @returns what came, and whether it was cut off */
  async function download(url: string, headers: Record<string, string> = {}) {
    const reply = await app.inject({ method: 'GET', url, headers, payloadAsStream: true })
    let text = ''
    try {
      for await (const part of reply.stream()) text += String(part)
      return { status: reply.statusCode, text, isWhole: true }
    } catch {
      return { status: reply.statusCode, text, isWhole: false }
    }
  }
  return { ...started, alice, recover, download, pages }
}

function atFirstPage({ backend: { store } }: Started, act: () => Promise<unknown>) {
  const { read } = store
  const pages = { read: 0, isArmed: false }
  store.read = async (statement, values) => {
    if (statement.name === 'export_posts_own') {
      pages.read += 1
      if (pages.isArmed && pages.read === 1) await act()
    }
    return read(statement, values)
  }
  return pages
}

await test('S82 a download of everything ends with the session that asked for it', async (t) => {
  const { alice, download, pages } = await scene(t)
  const first = await alice.post('/api/v2/me/exports')
  t.match(await download(first.body.url), { status: 200, isWhole: true })
  t.equal(pages.read, 3)
  const { body } = await alice.post('/api/v2/me/exports')
  Object.assign(pages, { read: 0, isArmed: true })
  t.match(await download(body.url), { status: 200, isWhole: false })
  t.equal(pages.read, 1, 'nothing is read any more')
})

await test('S82 the link to everything ends with the session that asked for it', async (t) => {
  const { as, login, request } = await start(t)
  const alice = await as('alice')
  const { body } = await alice.post('/api/v2/me/exports')
  t.match(await request('HEAD', body.url), { status: 200 })
  t.match(await alice.post('/api/v2/auth/logout'), { status: 204 })
  for (const method of ['HEAD', 'GET']) t.match(await request(method, body.url), { status: 404 })
  const again = await login('alice', alice.id)
  const other = await again.post('/api/v2/me/exports')
  t.match(await request('HEAD', other.body.url), { status: 200 })
})

await test('S82 an export by a key ends with it', async (t) => {
  const started = await scene(t)
  const { alice, download, pages, backend } = started
  const { key, id } = await keyOf(started, alice, ['posts:read'])
  const headers = { 'x-api-key': key }
  const url = '/api/v2/posts/export?format=ndjson'
  const whole = await download(url, headers)
  t.match(whole, { status: 200, isWhole: true })
  t.equal(whole.text.trim().split('\n').length, POSTS)
  const { read } = backend.store
  backend.store.read = async (statement, values) => {
    if (statement.name === 'export_posts_own')
      await backend.apiKeys.remove(actorOf(alice), id).catch(() => undefined)
    return read(statement, values)
  }
  const cut = await download(url, headers)
  t.equal(cut.isWhole, false)
  t.ok(pages.read < 6)
})

/** Sends to-dos as they are made. */
const sendTo =
  ({ app }: Started, token: string) =>
  (file: () => AsyncGenerator<string>) =>
    app.inject({
      method: 'POST',
      url: '/api/v2/todos/import',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` },
      payload: Readable.from(file(), { objectMode: false }),
    })

await test('S82 a file whose end comes after that of its session is not taken', async (t) => {
  const started = await start(t)
  const { backend, as } = started
  const alice = await as('alice')
  const late = await sendTo(
    started,
    alice.accessToken,
  )(async function* () {
    yield '{"title": "a row"}\n'
    await backend.accounts.setStatus(alice.id, 'suspended')
  })
  t.equal(late.statusCode, 401)
  const { todos } = backend.store.tables
  t.strictSame(await backend.store.query((q) => q.select().from(todos)), [])
})

await test('S82 a file that takes for ever is cut off when its session has ended', async (t) => {
  const started = await start(t)
  const { as, backend, clock } = started
  const alice = await as('alice')
  const part = '{"title": "a row"}\n'.repeat(1000)
  let parts = 0
  const cut = await sendTo(
    started,
    alice.accessToken,
  )(async function* () {
    while (parts < 40) {
      parts += 1
      if (parts === 3) await backend.accounts.setStatus(alice.id, 'suspended')
      clock.advance(1)
      yield part
    }
  })
  t.equal(cut.statusCode, 401)
  t.ok(parts < 40, `${parts} parts were read`)
})
