import { test } from 'tap'
import { ACCESS, API, open, openPage, PASSWORD, REFRESH, setCookies } from './cookie-page.ts'

const SECURE = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const cleared = (attributes: string) =>
  `; Max-Age=0; ${attributes.replace('Path=/', 'Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT')}`
const GONE = [`${ACCESS}=${cleared(SECURE)}`, `${REFRESH}=${cleared(SECURE)}`]
/** The lines without the tokens, which differ each time. */
const shapes = (lines: string[]) =>
  lines.map((line) => line.replace(/=[\w-]+\.[\w-]+\.[\w-]+/, '=…'))
const alive = [`${ACCESS}=…; Max-Age=900; ${SECURE}`, `${REFRESH}=…; Max-Age=604800; ${SECURE}`]

await test('S37 login and refresh put the tokens where no script can read them', async (t) => {
  const { page } = await open(t)
  const alice = page()
  const login = await alice.login()
  t.strictSame(
    [login.status, login.body, login.headers['cache-control'], shapes(setCookies(login))],
    [200, { transport: 'cookie', csrf_token: alice.csrf(), expires_in: 900 }, 'no-store', alive],
  )
  const first = new Map(alice.cookies)
  const refresh = await alice.send('POST /auth/refresh')
  t.strictSame(
    [refresh.status, refresh.body, refresh.headers['cache-control'], shapes(setCookies(refresh))],
    [200, login.body, 'no-store', alive],
  )
  for (const name of [ACCESS, REFRESH]) t.not(alice.cookies.get(name), first.get(name), name)
  t.match(await alice.send('GET /me'), { status: 200, body: { username: 'alice' } })
  t.strictSame(setCookies(await alice.send('GET /me')), [], 'reading sets none')
})

await test('S35 no cookie outlives its session', async (t) => {
  const env = { JWT_REFRESH_TOKEN_EXPIRES: '1200' }
  const { clock, page } = await open(t, { env })
  const alice = page()
  const ages = (lines: string[]) => lines.map((line) => Number(/Max-Age=(\d+)/.exec(line)?.[1]))
  t.strictSame(ages(setCookies(await alice.login())), [900, 1200])
  clock.advance(800)
  for (const age of ages(setCookies(await alice.send('POST /auth/refresh'))))
    t.ok(age >= 398 && age <= 400, `${age}`)
})

await test('S37 over http on a loopback host the names have no prefix and need no TLS', async (t) => {
  for (const PUBLIC_URL of [
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ]) {
    const { page } = await open(t, { env: { PUBLIC_URL } })
    const alice = page()
    t.strictSame(
      shapes(setCookies(await alice.login())),
      alive.map((line) => line.replace('__Host-', '').replace(' Secure;', '')),
      PUBLIC_URL,
    )
    t.match(await alice.send('GET /me'), { status: 200 })
    t.match(await alice.send('POST /auth/logout'), { status: 204 })
    t.equal(alice.cookies.size, 0)
  }
})

await test('S37 where cookies cannot be kept safe there are none', async (t) => {
  const production = {
    NODE_ENV: 'production',
    SECRET_KEY: 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a',
    LOG_LEVEL: 'silent',
  }
  const unsafe = [
    { ...production, PUBLIC_URL: 'http://localhost:3000' },
    { PUBLIC_URL: 'http://api.example.com' },
  ]
  for (const env of unsafe) {
    const { page, request, state } = await open(t, { env })
    const login = await page().login()
    t.match(login, {
      status: 422,
      body: {
        code: 'validation_failed',
        errors: [{ pointer: '#/transport', code: 'unavailable' }],
      },
    })
    t.strictSame([setCookies(login), (await state()).sessions], [[], []])

    const body = { identifier: 'alice', password: PASSWORD }
    const { body: pair } = await request('POST', '/api/v2/auth/login', { body })
    const visitor = page()
    visitor.cookies.set('commonplace_access', pair.access_token)
    visitor.cookies.set('commonplace_refresh', pair.refresh_token)
    for (const call of ['GET /me', 'GET /auth/csrf', 'POST /auth/refresh'])
      t.match(await visitor.send(call), { status: 401, body: { code: 'token_missing' } }, call)
  }
  const safe = await open(t, { env: { ...production, PUBLIC_URL: API } })
  t.strictSame(shapes(setCookies(await safe.page().login())), alive)
})

await test('logging out takes the cookies away, from this page only', async (t) => {
  const { page } = await open(t)
  for (const scope of ['this', 'all']) {
    const alice = page()
    await alice.login()
    const before = new Map(alice.cookies)
    const logout = await alice.send('POST /auth/logout', { body: { scope } })
    t.strictSame([logout.status, setCookies(logout)], [204, GONE], scope)
    for (const [name, value] of before) alice.cookies.set(name, value)
    t.match(await alice.send('GET /me'), { status: 401, body: { code: 'token_revoked' } }, scope)
    t.match(await alice.send('POST /auth/refresh'), { status: 401 }, scope)
  }
  const [here, there] = [page(), page()]
  const openBoth = async () => [await here.login(), await there.login()]
  await openBoth()
  const others = await here.send('POST /auth/logout', { body: { scope: 'others' } })
  t.strictSame([others.status, setCookies(others)], [204, []])
  t.match(await here.send('GET /me'), { status: 200 })
  t.match(await there.send('GET /me'), { status: 401 })

  await openBoth()
  const { body: list } = await here.send('GET /auth/sessions')
  const idOf = (current: boolean): string =>
    list.data.find((session: { current: boolean }) => session.current === current).id
  const other = await here.send(`DELETE /auth/sessions/${idOf(false)}`)
  t.strictSame([other.status, setCookies(other)], [204, []])
  const own = await here.send(`DELETE /auth/sessions/${idOf(true)}`)
  t.strictSame([own.status, setCookies(own)], [204, GONE])
})

await test('S78 deleting the account takes the cookies away', async (t) => {
  const { page, state } = await open(t)
  const alice = page()
  await alice.login()
  const before = new Map(alice.cookies)
  const deletion = await alice.send('DELETE /me')
  t.strictSame([deletion.status, setCookies(deletion)], [204, GONE])
  t.match(await state(), { users: [{ username: 'bob' }], sessions: [], tokens: [] })
  for (const [name, value] of before) alice.cookies.set(name, value)
  t.match(await alice.send('DELETE /me'), { status: 401 })
})

await test('S33 ten refreshes at once, as of ten tabs, have one successor', async (t) => {
  const { page, state } = await open(t)
  const alice = page()
  await alice.login()
  const tabs = Array.from({ length: 10 }, () => alice.send('POST /auth/refresh'))
  const replies = await Promise.all(tabs)
  t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
  t.equal(new Set(replies.map((reply) => setCookies(reply).join())).size, 1)
  const { sessions, tokens } = await state()
  t.equal(sessions.length, 1)
  t.strictSame([tokens.length, tokens.filter(({ usedAt }) => usedAt === null).length], [2, 1])
  t.match(await alice.send('GET /me'), { status: 200 })
})

await test('S32 a refresh cookie that was used before ends the session', async (t) => {
  const { clock, page } = await open(t)
  const alice = page()
  await alice.login()
  const stolen = new Map(alice.cookies)
  await alice.send('POST /auth/refresh')
  clock.advance(11)
  const thief = page()
  for (const [name, value] of stolen) thief.cookies.set(name, value)
  const headers = { 'x-csrf-token': alice.csrf() }
  const replay = await thief.send('POST /auth/refresh', { headers })
  t.match(replay, { status: 401, body: { code: 'refresh_token_reused' } })
  t.strictSame(setCookies(replay), [])
  t.match(await alice.send('GET /me'), { status: 401, body: { code: 'token_revoked' } })
})

await test('tokens that come in the body are answered in the body', async (t) => {
  const node = await open(t)
  const alice = node.page()
  await alice.login()
  const body = { identifier: 'bob', password: PASSWORD }
  const { body: pair } = await node.request('POST', '/api/v2/auth/login', { body })
  const refresh = await alice.send('POST /auth/refresh', {
    body: { refresh_token: pair.refresh_token },
    headers: { 'x-csrf-token': '' },
  })
  t.match(refresh, { status: 200, body: { transport: 'body', session_id: pair.session_id } })
  t.strictSame(setCookies(refresh), [])
  t.match(await alice.send('GET /me'), { body: { username: 'alice' } }, 'the cookies are as before')

  const login = await alice.send('POST /auth/login', { body: { ...body, transport: 'body' } })
  t.match(login, { status: 200, body: { transport: 'body', access_token: String } })
  t.strictSame(setCookies(login), [])
})

await test('a page that was loaded again reads its CSRF token, also while another tab refreshes', async (t) => {
  const node = await open(t)
  const alice = node.page()
  await alice.login()
  const reloaded = openPage(node)
  reloaded.cookies.set(REFRESH, alice.cookies.get(REFRESH) ?? '')
  const known = await reloaded.send('GET /auth/csrf')
  t.match(known, { status: 200, body: { csrf_token: alice.csrf() } })
  t.equal(known.headers['cache-control'], 'no-store')

  await alice.send('POST /auth/refresh')
  // S88: its refresh token is spent, and gives nothing but its successor.
  t.match(await reloaded.send('GET /auth/csrf'), { status: 401, body: { code: 'token_revoked' } })
  t.match(await reloaded.send('POST /auth/refresh'), { status: 200 })
  t.match(await reloaded.send('GET /auth/csrf'), {
    status: 200,
    body: { csrf_token: alice.csrf() },
  })
  await reloaded.send('POST /auth/logout')
  t.match(await alice.send('GET /auth/csrf'), { status: 401 })
})
