import { test, type Test } from 'tap'
import { API, open } from './cookie-page.ts'

const APP = 'https://app.example.com'
const CREDENTIALS = 'access-control-allow-credentials'
const ORIGIN = 'access-control-allow-origin'
const FOREIGN = [
  'https://evil.test',
  'https://blog.example.com',
  'http://app.example.com',
  `${APP}:8443`,
  `${APP}.evil.test`,
  'https://APP.example.com',
  'null',
  '*',
  API,
]

async function listed(t: Test, CORS_ORIGINS = `${APP},https://admin.example.com`) {
  const node = await open(t, { env: { CORS_ORIGINS } })
  const alice = node.page()
  await alice.login()
  const preflight = (url: string, origin: string) =>
    node.request('OPTIONS', url, {
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'content-type,x-csrf-token',
      },
    })
  return { ...node, alice, preflight }
}

await test('S64 a page of a listed origin may send its cookies to v2, and read the reply', async (t) => {
  const { alice, preflight } = await listed(t)
  const headers = { origin: APP }
  for (const [call, more] of [
    ['GET /me', { headers }],
    ['PATCH /me', { headers, body: { phone: null } }],
    ['PATCH /me', { headers: { ...headers, 'x-csrf-token': 'x' }, body: {} }],
    ['GET /users/999', { headers }],
    ['POST /auth/refresh', { headers }],
    ['GET /nothing', { headers }],
  ] as const) {
    const reply = await alice.send(call, more)
    t.match(reply.headers, { [ORIGIN]: APP, [CREDENTIALS]: 'true', vary: /Origin/ }, call)
  }
  const asked = await preflight('/api/v2/me', APP)
  t.match(asked, { status: 204, headers: { [ORIGIN]: APP, [CREDENTIALS]: 'true' } })
  t.match(asked.headers['access-control-allow-methods'], /\bPATCH\b/)
  t.match(asked.headers['access-control-allow-headers'], /\bX-CSRF-Token\b/)
})

await test('S64 no other origin may, with or without cookies', async (t) => {
  const { alice, preflight } = await listed(t)
  const grants = (headers: object) =>
    Object.keys(headers).filter((name) => name.startsWith('access-control-allow'))
  for (const origin of FOREIGN) {
    t.strictSame(grants((await alice.send('GET /me', { headers: { origin } })).headers), [], origin)
    t.strictSame(grants((await preflight('/api/v2/me', origin)).headers), [], origin)
  }
  t.strictSame(grants((await alice.send('GET /me')).headers), [], 'no origin')
})

await test('S64 where cookies are not read they may not be sent', async (t) => {
  const { preflight, request } = await listed(t)
  const headers = { origin: APP }
  for (const url of [
    '/api/v1/posts',
    '/api/v1/me',
    '/%61pi/v1/posts',
    '/healthz',
    '/api/v2',
    '/docs',
  ])
    for (const reply of [await request('GET', url, { headers }), await preflight(url, APP)]) {
      t.equal(reply.headers[ORIGIN], APP, url)
      t.equal(reply.headers[CREDENTIALS], undefined, url)
    }
})

await test('S64 everybody and cookies never go together', async (t) => {
  for (const list of ['*', `${APP},*`]) {
    const { alice, preflight } = await listed(t, list)
    for (const origin of [APP, ...FOREIGN]) {
      const reply = await alice.send('GET /me', { headers: { origin } })
      for (const { headers } of [reply, await preflight('/api/v2/me', origin)])
        t.strictSame([headers[ORIGIN], headers[CREDENTIALS]], ['*', undefined], origin)
    }
  }
})
