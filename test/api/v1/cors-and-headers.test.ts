import { test } from 'tap'
import { start } from '../../helper.ts'

const ORIGIN = 'https://app.example.com'

await test('the headers of v1', async (t) => {
  const {
    as,
    documents: { v1: document },
    request,
  } = await start(t, { env: { CORS_ORIGINS: ORIGIN } })
  const alice = await as('alice')
  await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  await alice.post('/api/v1/todos', { title: 'a' })
  await alice.post('/api/v1/books', { title: 'a', author: 'b' })
  const paths = Object.entries(document.paths as Record<string, object>).map(
    ([path, operations]) => ({
      url: `/api/v1${path.replace('{id}', '1')}`,
      methods: Object.keys(operations).map((method) => method.toUpperCase()),
    }),
  )
  const readable = paths.filter(({ methods }) => methods.includes('GET'))

  await t.test('S63 are on every reply, of success and of refusal', async (t) => {
    const replies = [
      await request('GET', '/api/v1/posts'),
      await request('GET', '/api/v1/posts/1'),
      await request('GET', '/api/v1/posts/99'),
      await request('GET', '/api/v1/posts/x'),
      await request('GET', '/api/v1/nothing'),
      await request('PATCH', '/api/v1/posts'),
      await request('GET', '/api/v1/me'),
      await alice.get('/api/v1/me'),
      await alice.post('/api/v1/posts', {}),
      await alice.post('/api/v1/todos', { title: 'x' }),
      await request('POST', '/api/v1/login', { body: {} }),
    ]
    for (const { status, headers } of replies) {
      t.hasStrict(headers, {
        'x-api-version': '1',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'content-type': 'application/json; charset=utf-8',
      })
      t.match(headers['x-request-id'], /^[\w-]{1,64}$/)
      t.strictSame(
        [headers['server'], headers['x-powered-by']],
        [undefined, undefined],
        `${status}`,
      )
    }
    t.equal(new Set(replies.map(({ headers }) => headers['x-request-id'])).size, replies.length)
    const { headers } = await alice.delete('/api/v1/todos/1')
    t.hasStrict(headers, { 'x-api-version': '1', 'x-content-type-options': 'nosniff' })
  })

  await t.test("give the caller's request id back, when it is one", async (t) => {
    const idOf = async (id: string) => {
      const { headers } = await request('GET', '/api/v1/posts', { headers: { 'x-request-id': id } })
      return headers['x-request-id']
    }
    for (const id of ['a', 'trace_1-B', 'x'.repeat(64)]) t.equal(await idOf(id), id)
    for (const id of ['', 'x'.repeat(65), 'two words', 'a;b', 'é', '<b>'])
      t.not(await idOf(id), id, id)
  })

  await t.test('S63 forbid to store what is not for everyone', async (t) => {
    for (const { url } of readable) {
      const isPublic = /\/(users|posts)/.test(url)
      const { headers } = await alice.get(url)
      t.equal(headers['cache-control'], isPublic ? undefined : 'no-store', url)
    }
    const credentials = { username: 'alice', password: alice.password }
    const login = await request('POST', '/api/v1/login', { body: credentials })
    const refresh = await request('POST', '/api/v1/refresh', {
      body: { refresh_token: login.body.refresh_token },
    })
    const refused = await request('POST', '/api/v1/login', {
      body: { ...credentials, password: 'x' },
    })
    for (const { status, headers } of [login, refresh, refused])
      t.equal(headers['cache-control'], 'no-store', `${status}`)
  })

  await t.test('of HEAD are those of GET, without a body', async (t) => {
    const kept = ({ headers }: { headers: Record<string, string | undefined> }) => {
      const { date: _, 'x-request-id': __, ...others } = headers
      return others
    }
    for (const { url } of readable) {
      const get = await alice.get(url)
      const head = await alice.send('HEAD', url)
      t.strictSame([head.status, head.text], [get.status, ''], url)
      t.strictSame(kept(head), kept(get), url)
    }
    t.equal((await request('HEAD', '/api/v1/me')).status, 401)
  })

  await t.test('S65 say which methods a path knows', async (t) => {
    for (const { url, methods } of paths) {
      const head = methods.includes('GET') ? ['HEAD'] : []
      const allow = [...methods, ...head, 'OPTIONS'].toSorted().join(', ')
      for (const method of ['PATCH', 'PUT', 'POST', 'DELETE', 'GET', 'TRACE']) {
        if (methods.includes(method)) continue
        const reply = await request(method, url)
        const message = `This path answers ${allow} only`
        t.hasStrict(
          reply,
          { status: 405, body: { error: 'Method Not Allowed', message } },
          `${method} ${url}`,
        )
        t.equal(reply.headers['allow'], allow)
      }
      const options = await request('OPTIONS', url)
      t.strictSame([options.status, options.text, options.headers['allow']], [204, '', allow], url)
    }
    const unknown = await request('GET', '/api/v1/nothing')
    t.hasStrict(unknown, { status: 404, body: { error: 'Not Found' } })
  })

  await t.test('S64 let pages of listed origins in, and no others', async (t) => {
    const from = (origin: string, method = 'GET', more = {}) =>
      request(method, '/api/v1/posts', { headers: { origin, ...more } })
    const { headers } = await from(ORIGIN)
    t.equal(headers['access-control-allow-origin'], ORIGIN)
    const exposed = headers['access-control-expose-headers'] ?? ''
    for (const name of ['X-Request-Id', 'X-API-Version', 'Link', 'X-Total-Count', 'Location'])
      t.ok(exposed.split(', ').includes(name), name)
    const preflight = { 'access-control-request-method': 'POST' }
    const asked = await from(ORIGIN, 'OPTIONS', preflight)
    t.equal(asked.status, 204)
    t.match(asked.headers['access-control-allow-methods'], /\bPOST\b/)
    t.match(asked.headers['access-control-allow-headers'], /Authorization/)
    for (const origin of [
      'https://evil.test',
      `${ORIGIN}.evil.test`,
      'null',
      'http://app.example.com',
    ])
      for (const reply of [await from(origin), await from(origin, 'OPTIONS', preflight)]) {
        const names = Object.keys(reply.headers).filter((name) =>
          name.startsWith('access-control-a'),
        )
        t.strictSame(names, [], origin)
      }
  })

  await t.test('refusals come in the order 401, 400, 404, 403', async (t) => {
    const { body: post } = await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
    const bob = await as('bob')
    const [absent, foreign, bad] = ['/api/v1/posts/99999', `/api/v1/posts/${post.id}`, { title: 5 }]
    for (const url of [absent, foreign]) {
      t.equal((await request('PUT', url, { body: bad })).status, 401)
      t.equal((await bob.put(url, bad)).status, 400)
    }
    t.equal((await bob.put(absent, { title: 'x' })).status, 404)
    t.equal((await bob.put(foreign, { title: 'x' })).status, 403)
  })
})
