import { test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { collect } from '../plugins/frame.ts'
import { rename } from '../v1/outage.ts'
import { ACCESS, open, PASSWORD, REFRESH, setCookies } from './cookie-page.ts'

await test('S18 what no cookie of ours holds is a 401, never a fault', async (t) => {
  const { page, request, state } = await open(t)
  const alice = page()
  await alice.login()
  const [access = '', refresh = ''] = [ACCESS, REFRESH].map((name) => alice.cookies.get(name))
  const before = await state()
  const headersOf: Record<string, string> = {
    nothing: `${ACCESS}=`,
    spaces: `${ACCESS}=   `,
    'no token': `${ACCESS}=x`,
    'three parts': `${ACCESS}=a.b.c`,
    'no signature': `${ACCESS}=${access.split('.').slice(0, 2).join('.')}.`,
    'bad escapes': `${ACCESS}=%E0%A4%A`,
    'an escaped token': `${ACCESS}=${encodeURIComponent(access).replaceAll('.', '%2E')}`,
    quotes: `${ACCESS}="${access}"`,
    'the other type': `${ACCESS}=${refresh}`,
    much: `${ACCESS}=${'a'.repeat(7000)}.${'b'.repeat(7000)}.c`,
    many: `${'a=b; '.repeat(2500)}${ACCESS}=x`,
    two: `${ACCESS}=${access}; ${ACCESS}=${access}`,
    'two, the first bad': `${ACCESS}=x; ${ACCESS}=${access}`,
    'two, the last bad': `${ACCESS}=${access}; other=1; ${ACCESS}=x`,
    'two, one empty': `${ACCESS}=${access};${ACCESS}=`,
    'another case': `${ACCESS.toLowerCase()}=${access}`,
    'another name around it': `x${ACCESS}=${access}`,
    'a space of Unicode before it': `\u00a0${ACCESS}=${access}`,
    'the name without prefix': `commonplace_access=${access}`,
    'no pairs': ';;;; =; ==;',
    'members of Object': '__proto__=x; constructor=y',
  }
  for (const [name, cookie] of Object.entries(headersOf)) {
    const reply = await request('GET', '/api/v2/me', { headers: { cookie } })
    t.match(reply, { status: 401, headers: { 'www-authenticate': /^Bearer / } }, name)
    const csrf = { 'x-csrf-token': alice.csrf() }
    const refreshed = await request('POST', '/api/v2/auth/refresh', {
      headers: { cookie: cookie.replaceAll(ACCESS, REFRESH).replaceAll(access, refresh), ...csrf },
    })
    // Where the access cookie is wrong in name only, the refresh cookie is right.
    if (name !== 'the other type') t.equal(refreshed.status, 401, `${name}, to refresh`)
  }
  t.strictSame((await state()).tokens.length, before.tokens.length + 1)
  const among = { cookie: `a=b; ${ACCESS}=${access};c=d` }
  t.match(await request('GET', '/api/v2/me', { headers: among }), { status: 200 })
})

await test('a request with a Bearer header or an API key ignores its cookies', async (t) => {
  const { as, page } = await open(t)
  const alice = page()
  await alice.login()
  const carol = await as('carol')
  const bearer = { authorization: `Bearer ${carol.accessToken}` }
  t.match(await alice.send('GET /me', { headers: bearer }), { body: { username: 'carol' } })
  const unsafe = { body: { phone: null }, headers: { ...bearer, 'x-csrf-token': '' } }
  t.match(await alice.send('PATCH /me', unsafe), { status: 200, body: { username: 'carol' } })

  for (const headers of [
    { authorization: 'Bearer a.b.c' },
    { authorization: 'bearer x' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { 'x-api-key': 'x' },
    { 'x-api-key': '' },
  ] as Array<Record<string, string>>)
    for (const call of ['GET /me', 'GET /auth/csrf', 'POST /auth/refresh', 'POST /auth/logout'])
      t.match(await alice.send(call, { headers }), { status: 401 }, JSON.stringify(headers))

  const logout = await alice.send('POST /auth/logout', { headers: bearer })
  t.strictSame([logout.status, setCookies(logout)], [204, []], 'it was the other session')
  const proxy = { authorization: 'Basic YWxpY2U6eA==' }
  t.match(await alice.send('GET /me', { headers: proxy }), { body: { username: 'alice' } })
})

await test('v1 ignores cookies', async (t) => {
  for (const env of [{}, { PUBLIC_URL: 'http://localhost:3000' }]) {
    const { page, request, state } = await open(t, { env })
    const alice = page()
    await alice.login()
    const before = await state()
    const cookie = [...alice.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { cookie, 'x-csrf-token': alice.csrf() }
    for (const call of [
      'GET me',
      'GET protected',
      'POST logout',
      'DELETE logout',
      'POST refresh',
    ]) {
      const [method = '', path = ''] = call.split(' ')
      const reply = await request(method, `/api/v1/${path}`, { headers })
      t.match(reply, { status: 401, body: { message: 'Missing token' } }, call)
    }
    const visitor = await request('GET', '/api/v1/partially-protected', { headers })
    t.match(visitor, { status: 200, body: { logged_in_as: 'anonymous user' } })
    const login = await request('POST', '/api/v1/login', {
      body: { username: 'alice', password: PASSWORD },
      headers,
    })
    t.match(login, { status: 200, body: { access_token: String } })
    t.strictSame(setCookies(login), [])
    t.equal((await state()).sessions.length, before.sessions.length + 1)
  }
})

await test('S77 no cookie and no CSRF token gets into a log', async (t) => {
  const { backend, config, databaseUrl } = await open(t)
  const log = collect()
  const app = await buildApp({ ...config, logLevel: 'trace' }, { backend, logStream: log })
  t.teardown(() => app.close())
  const secrets = new Set<string>()
  const send = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    headers = {},
    payload = {},
  ) => {
    const reply = await app.inject({
      method,
      url: `/api/v2${path}`,
      headers,
      ...(method === 'POST' && { payload }),
    })
    for (const { value } of reply.cookies) if (value) secrets.add(value)
    const csrf: unknown = reply.body === '' ? undefined : reply.json().csrf_token
    if (typeof csrf === 'string') secrets.add(csrf)
    return {
      status: reply.statusCode,
      cookie: reply.cookies.map((c) => `${c.name}=${c.value}`).join('; '),
      csrf,
    }
  }
  const credentials = { identifier: 'alice', password: PASSWORD, transport: 'cookie' }
  const { cookie, csrf } = await send('POST', '/auth/login', {}, credentials)
  const good = { cookie, 'x-csrf-token': csrf }
  for (const headers of [good, { cookie }, { ...good, cookie: `${cookie}; ${cookie}` }]) {
    await send('GET', '/me?canary=1', headers)
    await send('POST', '/auth/refresh', headers)
    await send('DELETE', '/auth/sessions/none', headers)
  }
  await rename(databaseUrl, 'sessions', 'gone')
  t.equal((await send('POST', '/auth/logout', good)).status, 503, 'a fault, which is logged whole')
  await rename(databaseUrl, 'gone', 'sessions')
  const text = log.lines.join('')
  t.match(text, /"path":"\/api\/v2\/auth\/refresh","status":403/)
  t.ok(secrets.size >= 5, `${secrets.size} secrets`)
  for (const secret of secrets) t.notOk(text.includes(secret), secret)
})
