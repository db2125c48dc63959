import { readFileSync } from 'node:fs'
import { test, type Test } from 'tap'
import { listening } from '../api/plugins/frame.ts'
import { ACCESS, API, DEVICE, open, PASSWORD, REFRESH } from '../api/v2/cookie-page.ts'
import { BROWSER_IP, internet, launch, localhost, noBrowser } from './internet.ts'
import { visit } from './tab.ts'

const guide = readFileSync(new URL('../../docs/cookie-transport.md', import.meta.url), 'utf8')
/** The script of the guide, as it stands there. */
const [, script = ''] = /```js\n(.*?)```/s.exec(guide) ?? []
const OURS = {
  '/': `<script type="module">import * as client from '/client.js'; globalThis.client = client</script>`,
  '/client.js': script,
}
const APP = 'https://app.example.com'
const BLOG = 'https://blog.example.com'
const EVIL = 'https://evil.test'
const PARTNER = 'https://partner.test'
const SITES = { [APP]: OURS, [PARTNER]: OURS, [BLOG]: { '/': 'hello' }, [EVIL]: { '/': 'hello' } }

const LOGIN = JSON.stringify({ identifier: 'bob', password: PASSWORD, transport: 'cookie' })
const logIn = `client.login('alice', '${PASSWORD}')`
const phone = '+31201234567'

await test('cookies in a browser', { skip: noBrowser }, async (t) => {
  const { expose, port, seen } = await internet(t, SITES)
  const chromium = await launch(t, port)

  /** A server as the guide sets it up, and a browser that remembers nothing of other tests. */
  async function browse(t: Test) {
    const env = { PUBLIC_URL: API, CORS_ORIGINS: `${APP},${PARTNER}`, TRUST_PROXY: 'loopback' }
    const node = await open(t, { env })
    expose(API, (await listening(node.app)).port)
    const browser = await chromium.newContext({ ignoreHTTPSErrors: true })
    t.teardown(() => browser.close())
    return {
      ...node,
      browser,
      at: (url: string) => visit(browser, url, `${API}/api/v2`),
      /** What came to the API since, but preflights. */
      since: (start: number) => seen.slice(start).filter(({ method }) => method !== 'OPTIONS'),
    }
  }

  await t.test(
    'S37 a page of the same site works as the guide says, and with the CSRF token only',
    async (t) => {
      const { at, browser, clock, since, state } = await browse(t)
      const { call, run, send, tab } = await at(APP)
      t.equal(await run(`client.login('alice', 'not the password')`), false)
      t.equal(await run(logIn), true)
      const before = await state()
      for (const line of ['DELETE /me', 'POST /auth/logout', 'POST /auth/refresh'])
        for (const headers of [{}, { 'x-csrf-token': 'x' }])
          t.equal(await send(line, { headers }), 403, `${line} without the CSRF token`)
      t.strictSame(await state(), before)
      t.match(await call('GET /me'), { status: 200, body: { username: 'alice' } })
      t.match(await call('PATCH /me', { phone }), { status: 200, body: { phone } })
      const { body: list } = await call('GET /auth/sessions')
      t.match(list, { data: [{ ip: BROWSER_IP, current: true }] }, 'through the proxy')

      const kept = await browser.cookies()
      t.strictSame(
        kept.map(({ name, domain, path, httpOnly, secure, sameSite }) =>
          [name, domain, path, httpOnly, secure, sameSite].join(' '),
        ),
        [
          `${DEVICE} api.example.com / true true Strict`,
          ...[ACCESS, REFRESH].map((name) => `${name} api.example.com / true true Lax`),
        ],
      )
      t.equal(await run('document.cookie'), '', 'no script sees them')

      await tab.reload()
      t.equal(await run('client.resume()'), true)
      t.match(await call('PATCH /me', { phone: null }), { status: 200, body: { phone: null } })
      const start = seen.length
      clock.advance(901)
      t.match(await call('PATCH /me', { phone }), { status: 200, body: { phone } })
      t.strictSame(
        since(start).map(({ method, path }) => `${method} ${path}`),
        ['PATCH /api/v2/me', 'POST /api/v2/auth/refresh', 'PATCH /api/v2/me'],
        'the access token had expired',
      )
      t.not((await browser.cookies())[2]?.value, kept[2]?.value, 'and rotated')

      const other = await at(APP)
      t.equal(await other.run('client.resume()'), true, 'another tab')
      t.match(await other.call('GET /me'), { status: 200 })
      t.equal((await state()).sessions.length, 1)
      await run('client.logout()')
      const left = (await browser.cookies()).map(({ name }) => name)
      t.strictSame(left, [DEVICE], 'which logs nobody in')
      t.match(await other.call('GET /me'), { status: 401 })
      await tab.reload()
      t.equal(await run('client.resume()'), false)
    },
  )

  await t.test('S37 a page of another site gets nothing from the cookies', async (t) => {
    const { at, since, state } = await browse(t)
    const alice = await at(APP)
    await alice.run(logIn)
    const before = await state()
    const start = seen.length

    const evil = await at(EVIL)
    for (const line of ['GET /me', 'GET /auth/csrf', 'DELETE /me', 'POST /auth/logout'])
      t.equal(await evil.send(line), 'TypeError', line)
    const headers = { 'content-type': 'application/json' }
    t.equal(await evil.send('POST /auth/login', { headers, body: LOGIN }), 'TypeError')
    for (const line of ['GET /me', 'POST /auth/refresh', 'POST /auth/logout'])
      t.equal(await evil.send(line, { mode: 'no-cors' }), 'opaque', line)
    t.equal(await evil.send('POST /auth/login', { mode: 'no-cors', body: LOGIN }), 'opaque')
    t.match(await evil.submit('/auth/logout', 'text/plain'), { code: 'token_missing' })
    const form = 'application/x-www-form-urlencoded'
    t.match(await evil.submit('/auth/refresh', form), { code: 'unsupported_media_type' })
    const came = since(start)
    t.ok(came.length >= 9, `${came.length} requests got through`)
    t.ok(came.every(({ site, cookie }) => site === 'cross-site' && cookie === ''))

    const partner = await at(PARTNER)
    t.equal(await partner.send('GET /me'), 401, 'listed: it may ask, the cookies stay away')
    t.equal(await partner.run(`client.login('bob', '${PASSWORD}')`), false)
    t.strictSame(await state(), before)
    t.match(await alice.call('GET /me'), { status: 200, body: { username: 'alice' } })
  })

  await t.test(
    'S37 a page of the same site that is not ours reads and writes nothing',
    async (t) => {
      const { at, browser, since, state } = await browse(t)
      const alice = await at(APP)
      await alice.run(logIn)
      const before = await state()
      const kept = await browser.cookies()
      const start = seen.length

      const blog = await at(BLOG)
      for (const line of ['GET /me', 'GET /auth/csrf', 'DELETE /me', 'POST /auth/logout'])
        t.equal(await blog.send(line), 'TypeError', line)
      for (const line of ['GET /me', 'POST /auth/refresh', 'POST /auth/logout'])
        t.equal(await blog.send(line, { mode: 'no-cors' }), 'opaque', line)
      t.equal(await blog.send('POST /auth/login', { mode: 'no-cors', body: LOGIN }), 'opaque')
      t.match(await blog.submit('/auth/logout', 'text/plain'), { code: 'csrf_failed' })
      const came = since(start)
      t.ok(came.every(({ site, cookie }) => site === 'same-site' && cookie.includes(ACCESS)))
      t.strictSame(await state(), before)

      await blog.tab.goto(BLOG)
      const names = [ACCESS, ACCESS.toLowerCase(), `=${ACCESS}`, ` ${ACCESS}`, `\u00a0${ACCESS}`]
      for (const domain of ['example.com', 'blog.example.com', 'api.example.com'])
        for (const name of [...names, 'commonplace_access'])
          await blog.run(`document.cookie = '${name}=x; Path=/; Secure; Domain=${domain}'`)
      const now = await browser.cookies(API)
      t.ok(now.length > kept.length, 'some are kept')
      t.strictSame(
        now.filter(({ name }) => name.startsWith('__Host-')),
        kept,
      )
      t.match(await alice.call('GET /me'), { status: 200 }, 'and none is believed')
    },
  )

  await t.test('S37 on a loopback host plain http will do', async (t) => {
    const files = { ...OURS }
    const page = await localhost(t, files)
    const env = { PUBLIC_URL: 'http://localhost:3000', CORS_ORIGINS: page }
    const address = `http://localhost:${(await listening((await open(t, { env })).app)).port}`
    files['/client.js'] = script.replace(API, address)
    const browser = await chromium.newContext()
    t.teardown(() => browser.close())
    const { call, run } = await visit(browser, page, `${address}/api/v2`)
    t.equal(await run(logIn), true)
    t.match(await call('PATCH /me', { phone }), { status: 200, body: { phone } })
    const names = (await browser.cookies()).map(({ name, secure }) => [name, secure])
    t.strictSame(names, [
      ['commonplace_access', false],
      ['commonplace_refresh', false],
    ])
    await run('client.logout()')
    t.strictSame(await browser.cookies(), [])
  })
})
