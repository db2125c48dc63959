import { test } from 'tap'
import { frame } from './frame.ts'

const standard = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

await test('S63 every reply carries the security headers, whatever its status', async (t) => {
  const app = await frame(t, (routes) => {
    routes.get('/api/v1/things', { config: { access: 'public' } }, async () => ({ things: [] }))
    routes.get('/broken', { config: { access: 'public' } }, async () => {
      throw new Error('secret of the database')
    })
  })
  for (const [url, status] of [
    ['/api/v1/things', 200],
    ['/api/v1/things?x=1', 400],
    ['/nowhere', 404],
    ['/broken', 500],
    ['/%zz', 400],
  ] as const) {
    const { statusCode, headers } = await app.inject(url)
    t.equal(statusCode, status, url)
    t.match(headers, standard, url)
    t.match(headers['content-type'], /^application\/(problem\+)?json; charset=utf-8$/, url)
    t.notOk(headers['server'] ?? headers['x-powered-by'], url)
  }
})

await test('S63 S92 HSTS is said behind TLS only, and of subdomains when asked for', async (t) => {
  const plain = await frame(t, () => {})
  t.notOk((await plain.inject('/')).headers['strict-transport-security'])
  const secure = await frame(t, () => {}, { env: { PUBLIC_URL: 'https://api.example.com' } })
  t.match((await secure.inject('/')).headers['strict-transport-security'], /^max-age=\d{8}/)
  t.notMatch((await secure.inject('/')).headers['strict-transport-security'], /sub/i)
  const all = await frame(t, () => {}, {
    env: { PUBLIC_URL: 'https://api.example.com', HSTS_INCLUDE_SUBDOMAINS: 'on' },
  })
  t.match((await all.inject('/')).headers['strict-transport-security'], /; includeSubDomains$/)
})

await test('S63 no cache keeps private data, tokens or errors', async (t) => {
  const app = await frame(t, (routes) => {
    routes.get('/public', { config: { access: 'public' } }, async () => ({}))
    routes.get('/tokens', { config: { access: 'public', noStore: true } }, async () => ({}))
    routes.get('/optional', { config: { access: 'optional' } }, async () => ({}))
    routes.get('/private', async () => ({}))
  })
  const cacheControl = async (url: string) => (await app.inject(url)).headers['cache-control']
  t.equal(await cacheControl('/public'), undefined)
  t.equal(await cacheControl('/tokens'), 'no-store')
  t.equal(await cacheControl('/optional'), 'no-store')
  t.equal(await cacheControl('/private'), 'no-store')
  t.equal(await cacheControl('/nowhere'), 'no-store')
})

await test('X-API-Version is 1 under /api/v1 and 2 elsewhere', async (t) => {
  const app = await frame(t, () => {})
  const version = async (url: string) => (await app.inject(url)).headers['x-api-version']
  t.equal(await version('/api/v1'), '1')
  t.equal(await version('/api/v1/x'), '1')
  t.equal(await version('/api/v1?x'), '1')
  t.equal(await version('/api/v10/x'), '2')
  t.equal(await version('/healthz'), '2')
})

await test('X-Request-Id is the caller’s when it is sound, else a new one', async (t) => {
  const app = await frame(t, () => {})
  const answer = async (sent?: string) =>
    (await app.inject({ url: '/', ...(sent && { headers: { 'x-request-id': sent } }) })).headers[
      'x-request-id'
    ]
  t.equal(await answer('Trace_1-a'), 'Trace_1-a')
  t.equal(await answer('a'.repeat(64)), 'a'.repeat(64))
  const made = [await answer(), await answer(), await answer('a'.repeat(65)), await answer('a b')]
  for (const id of made) t.match(id, /^[A-Za-z0-9_-]{10,64}$/)
  t.equal(new Set(made).size, 4)
})

await test('v1 announces its end once dates are configured, beside other links', async (t) => {
  const env = { V1_DEPRECATED_AT: '2027-01-31T00:00:00Z', V1_SUNSET_AT: '2027-07-31T00:00:00Z' }
  const routes: Parameters<typeof frame>[1] = (app) => {
    app.get('/api/v1/list', async (_request, reply) => {
      reply.header('link', '</api/v1/list?offset=1>; rel="next"')
      return {}
    })
  }
  const app = await frame(t, routes, { env })
  t.match((await app.inject('/api/v1/list')).headers, {
    deprecation: '@1801353600',
    sunset: 'Sat, 31 Jul 2027 00:00:00 GMT',
    link: '</api/v1/list?offset=1>; rel="next", </api/v2>; rel="successor-version"',
  })
  t.match((await app.inject('/api/v1/nowhere')).headers, {
    link: '</api/v2>; rel="successor-version"',
  })
  t.notOk((await app.inject('/healthz')).headers['deprecation'])

  const stable = await frame(t, routes)
  const { headers } = await stable.inject('/api/v1/list')
  t.notOk(headers['deprecation'] ?? headers['sunset'])
})
