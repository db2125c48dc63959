import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { test, type Test } from 'tap'
import { ACCESS, API, DEVICE, open, PASSWORD, REFRESH } from '../api/v2/cookie-page.ts'
import { listening } from '../api/plugins/frame.ts'
import { internet, launch, noBrowser } from '../browser/internet.ts'
import { visit } from '../browser/tab.ts'

const APP = 'https://app.example.com'
const PARTNER = 'https://partner.test'
const LOGIN = `{ identifier: 'alice', password: '${PASSWORD}' }`
const TEN = `(await Promise.all(Array.from({ length: 10 }, () => client.GET('/me')))).map(({ data }) => data.username)`

/** The client as a bundler gives it to a page, which has made itself one of it. */
async function pageWith(options: string) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../client/src/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return {
    '/client.js': outputFiles[0]?.text ?? '',
    '/': `<script type="module">
      import { createClient, ProblemError, webStorage } from '/client.js'
      globalThis.signedOut = []
      const onSignedOut = ({ code }) => signedOut.push(code)
      globalThis.client = createClient({ baseUrl: '${API}/api/v2', onSignedOut, ${options} })
      globalThis.codeOf = (call) => call.then(() => 'done', (error) => error instanceof ProblemError ? error.code : error.name)
    </script>`,
  }
}

await test('the client in a browser', { skip: noBrowser }, async (t) => {
  const { expose, port, seen } = await internet(t, {
    [APP]: await pageWith(`transport: 'cookie'`),
    [PARTNER]: await pageWith(`storage: webStorage(localStorage)`),
  })
  const chromium = await launch(t, port)

  async function browse(t: Test) {
    const env = { PUBLIC_URL: API, CORS_ORIGINS: `${APP},${PARTNER}`, TRUST_PROXY: 'loopback' }
    const node = await open(t, { env })
    expose(API, (await listening(node.app)).port)
    const browser = await chromium.newContext({ ignoreHTTPSErrors: true })
    t.teardown(() => browser.close())
    const start = seen.length
    return {
      ...node,
      browser,
      at: (url: string) => visit(browser, url, `${API}/api/v2`),
      /** How often this came to the server. */
      count: (line: string) =>
        seen
          .slice(start)
          .filter(({ method, path }) => `${method} ${path}` === line.replace(' /', ' /api/v2/'))
          .length,
    }
  }

  await t.test('with cookies: log in, edit, ten calls and one refresh, log out', async (t) => {
    const { at, browser, clock, count, state } = await browse(t)
    const { run, tab } = await at(APP)
    t.equal(
      await run(`codeOf(client.login({ ...${LOGIN}, password: 'wrong' }))`),
      'invalid_credentials',
    )
    await run(`client.login(${LOGIN})`)
    const names = async () => (await browser.cookies()).map(({ name }) => name).toSorted()
    t.strictSame(await names(), [ACCESS, DEVICE, REFRESH])
    t.equal(await run('localStorage.length + sessionStorage.length + document.cookie.length'), 0)

    const create = `client.POST('/posts', { body: { title: 'Hello', content: 'First.' } })`
    const id = await run<number>(`(await ${create}).data.id`)
    const path = `params: { path: { id: ${id} } }`
    const edit = (title: string) =>
      run(
        `(await client.PATCH('/posts/{id}', { ${path}, body: { title: '${title}' } })).data.title`,
      )
    t.equal(await edit('Hello again'), 'Hello again')
    t.equal(count('POST /auth/refresh'), 0)

    clock.advance(901)
    t.strictSame(await run(TEN), Array(10).fill('alice'))
    t.strictSame([count('POST /auth/refresh'), count('GET /me')], [1, 20])
    t.equal((await state()).tokens.length, 2, 'as the server has it')
    t.equal(await edit('Still here'), 'Still here')
    t.equal(count('GET /auth/csrf'), 0, 'the login told it')

    await tab.reload()
    t.equal(await edit('After a reload'), 'After a reload')
    t.equal(count('GET /auth/csrf'), 1)
    await tab.reload()
    clock.advance(901)
    t.equal(await edit('And expired'), 'And expired', 'both at once')
    t.equal(count('POST /auth/refresh'), 2)

    t.equal(await run(`(await client.DELETE('/posts/{id}', { ${path} })).response.status`), 204)
    await run('client.logout()')
    t.strictSame(
      await names(),
      [DEVICE],
      'a login from here is known by, and nobody is logged in by',
    )
    t.equal(await run(`codeOf(client.GET('/me'))`), 'token_missing')
    t.equal(await run(`codeOf(client.GET('/me'))`), 'token_missing')
    t.strictSame(await run('signedOut'), ['token_missing'], 'told once')
    await run(`client.login(${LOGIN})`)
    t.strictSame(await run(TEN), Array(10).fill('alice'))
  })

  await t.test('with cookies: two tabs', async (t) => {
    const { at, clock } = await browse(t)
    const [one, other] = [await at(APP), await at(APP)]
    await one.run(`client.login(${LOGIN})`)
    t.strictSame(await other.run(TEN), Array(10).fill('alice'))
    clock.advance(901)
    const both = await Promise.all([one.run(TEN), other.run(TEN)])
    t.strictSame(both.flat(), Array(20).fill('alice'))
    const create = `codeOf(client.POST('/todos', { body: { title: 'x' } }))`
    t.strictSame(await Promise.all([one.run(create), other.run(create)]), ['done', 'done'])

    await other.run(`client.login({ ...${LOGIN}, identifier: 'bob' })`)
    t.equal(await one.run(create), 'csrf_failed', 'nothing that alice meant is done as bob')
    t.strictSame(await one.run('signedOut'), ['csrf_failed'])
    t.equal(await other.run(create), 'done')
    await other.run('client.logout()')
    t.equal(await other.run(create), 'token_missing')
  })

  await t.test('with tokens in localStorage: two tabs expire at once, one refresh', async (t) => {
    const { at, clock, count, state } = await browse(t)
    const [one, other] = [await at(PARTNER), await at(PARTNER)]
    await one.run(`client.login(${LOGIN})`)
    t.strictSame(await other.run(TEN), Array(10).fill('alice'))
    for (const round of [1, 2, 3, 4, 5]) {
      clock.advance(901)
      const both = await Promise.all([one.run(TEN), other.run(TEN)])
      t.strictSame(both.flat(), Array(20).fill('alice'))
      t.equal(count('POST /auth/refresh'), round, `round ${round}`)
    }
    t.equal((await state()).sessions.length, 1)
    t.strictSame([await one.run('signedOut'), await other.run('signedOut')], [[], []])

    await one.run('client.logout()')
    t.equal(await one.run('localStorage.length'), 0)
    t.equal(await other.run(`codeOf(client.GET('/me'))`), 'token_missing')
    t.strictSame(
      [await one.run('signedOut'), await other.run('signedOut')],
      [[], ['token_missing']],
    )
  })

  await t.test('a form', async (t) => {
    const { at } = await browse(t)
    const { run } = await at(PARTNER)
    await run(`client.login(${LOGIN})`)
    const token = `JSON.parse(localStorage.commonplace).accessToken`
    const ask = `client.POST('/auth/introspect', { body: { token: ${token} } })`
    t.equal(await run(`(await ${ask}).data.active`), true)
  })

  await t.test('events and pages', async (t) => {
    const { at } = await browse(t)
    const { run } = await at(PARTNER)
    const code = `{
      await client.login(${LOGIN})
      const controller = new AbortController()
      for (const title of ['a', 'b', 'c']) await client.POST('/todos', { body: { title } })
      const events = client.events({ lastEventId: 1, signal: controller.signal })
      const told = []
      for await (const { type, data } of events) if (told.push(type + ' ' + data.title) === 2) break
      const titles = []
      for await (const { title } of client.all('/todos', { query: { limit: 2, fields: ['title'] } })) titles.push(title)
      return { told, titles: titles.sort() }
    }`
    t.strictSame(await run(code), {
      told: ['todo.created b', 'todo.created c'],
      titles: ['a', 'b', 'c'],
    })
  })
})
