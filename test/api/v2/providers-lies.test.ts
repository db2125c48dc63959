import { test } from 'tap'
import { start } from '../../helper.ts'
import { BASE, browsers, providersOf, scene } from './signing-in.ts'

await test('an ID token that is not what was asked for lets nobody in', async (t) => {
  const { goTo, provider, people } = await scene(t)
  provider.state.says = { sub: '7' }
  const lies = {
    'another nonce': { claims: { nonce: 'x' } },
    'no nonce': { claims: { nonce: undefined } },
    'signed with another key': { isForged: true },
    'for another client': { claims: { aud: 'somebody-else' } },
    'for several, none of them ours': { claims: { aud: ['a', 'b'], azp: 'a' } },
    'from another issuer': { claims: { iss: 'https://evil.test' } },
    expired: { expired: 60 },
    'without an end': { claims: { exp: undefined } },
    'without a subject': { claims: { sub: undefined } },
    'with an endless subject': { claims: { sub: 'x'.repeat(256) } },
    'with a subject that cannot be stored': { claims: { sub: 'a\0b' } },
    'with a subject that is a number': { claims: { sub: 7 } },
  }
  for (const [name, lie] of Object.entries(lies)) {
    provider.state.lies = lie
    const { error, code, at } = await goTo(provider.visit)
    t.strictSame({ error, code }, { error: 'sign_in_failed', code: '' }, name)
    t.strictSame([...(at?.searchParams.keys() ?? [])], ['error'])
  }
  provider.state.lies = {}
  t.ok((await goTo(provider.visit)).code, 'the truth does')
  t.strictSame(await people(), [])
})

await test('what a provider refuses has a word that stays', async (t) => {
  const { goTo, provider } = await scene(t)
  for (const [error, word] of Object.entries({
    access_denied: 'access_denied',
    server_error: 'provider_unavailable',
    temporarily_unavailable: 'provider_unavailable',
    invalid_scope: 'sign_in_failed',
    '"><script>': 'sign_in_failed',
  })) {
    provider.state.lies = { error }
    t.equal((await goTo(provider.visit)).error, word, error)
  }
  for (const [tokenStatus, word] of [
    [400, 'sign_in_failed'],
    [500, 'provider_unavailable'],
    [503, 'provider_unavailable'],
  ] as const) {
    provider.state.lies = { tokenStatus }
    t.equal((await goTo(provider.visit)).error, word, String(tokenStatus))
  }
})

await test('a provider that is down: nobody is sent there, and all else works', async (t) => {
  const { begin, comeBack, provider, other, request, goTo } = await scene(t)
  provider.state.status = 503
  const down = (await begin()).reply
  t.match(down, {
    status: 503,
    headers: { 'retry-after': '10' },
    body: { code: 'provider_unavailable' },
  })
  t.match(await request('GET', BASE), { status: 200 })
  t.match((await begin({}, 'other')).reply, { status: 302 }, 'the other one is up')
  provider.state.status = 200
  const { url, cookie, reply } = await begin()
  t.equal(reply.status, 302, 'a failure is forgotten')
  const asked = provider.state.requests.filter((path) => path.includes('well-known')).length
  await begin()
  t.equal(
    provider.state.requests.filter((path) => path.includes('well-known')).length,
    asked,
    'what it says of itself is kept',
  )
  const back = await provider.visit(url)
  provider.state.status = 500
  t.equal((await comeBack(back, cookie)).error, 'provider_unavailable')
  provider.state.status = 200
  provider.state.says = { sub: '7' }
  t.ok((await goTo(provider.visit)).code)
  t.notOk(other.state.requests.includes('/auth'))

  const nowhere = browsers(await start(t, { env: providersOf('http://127.0.0.1:9') }))
  t.match((await nowhere.begin()).reply, { status: 503 }, 'nobody listens')
})

await test('a provider that never answers holds up nobody else', async (t) => {
  const { begin, provider, request } = await scene(t)
  provider.state.isSilent = true
  const waiting = [begin(), begin()]
  t.match(await request('GET', BASE), { status: 200 })
  for (const { reply } of await Promise.all(waiting)) t.equal(reply.status, 503)
  t.equal(provider.state.requests.length, 1, 'it was asked once for both')
})

await test('what a provider says of itself is asked for again every hour', async (t) => {
  const { begin, provider, clock } = await scene(t)
  await begin()
  clock.advance(3599)
  await begin()
  t.equal(provider.state.requests.length, 1)
  clock.advance(2)
  await begin()
  t.equal(provider.state.requests.length, 2)
})

await test('the client shows who it is as the provider takes it', async (t) => {
  for (const [methods, sent] of [
    [['client_secret_post'], /^post commonplace$/],
    [['client_secret_basic', 'client_secret_post'], /^Basic /],
    [undefined, /^Basic /],
  ] as const) {
    const { goTo, provider } = await scene(t)
    provider.state.methods = methods && [...methods]
    t.ok((await goTo(provider.visit)).code)
    t.match(provider.state.authentication, sent)
  }
})

await test('S73 S77 no secret of a sign-in is in a log, a reply or a row', async (t) => {
  const lines: string[] = []
  const { buildApp } = await import('../../../src/app.ts')
  const { provider, config, backend, goTo, spend } = await scene(t)
  const app = await buildApp(
    { ...config, logLevel: 'trace', databaseUrl: 'sqlite::memory:' },
    { logStream: { write: (line: string) => void lines.push(line) } },
  )
  t.teardown(() => app.close())
  const request: typeof app.inject = app.inject.bind(app)
  provider.state.says = { sub: '7', email: 'canary@example.com', email_verified: true }
  const query = `redirect_to=https://app.example.com/&code_challenge=${'c'.repeat(43)}`
  for (const lies of [{}, { isForged: true }, { error: 'canary-error' }, { tokenStatus: 400 }]) {
    provider.state.lies = lies
    const begun = await request(`${BASE}/example/start?${query}`)
    const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? ''
    const { pathname, search } = new URL(await provider.visit(String(begun.headers['location'])))
    const back = await request({ url: pathname + search, headers: { cookie } })
    t.equal(back.statusCode, 302)
    const state = new URLSearchParams(search).get('state') ?? ''
    const written = lines.join('')
    const { searchParams } = new URL(String(back.headers['location']))
    for (const secret of [state, cookie.slice(-40), searchParams.get('code') ?? state])
      t.notOk(written.includes(secret))
    t.notMatch(written, /canary/)
  }
  const log = lines.join('')
  t.match(log, '"refusal":"sign_in_failed"', 'the operator is told why')
  t.match(log, 'invalid response encountered: JWT signature verification failed')
  t.match(log, 'server responded with an error in the response body server_error')

  provider.state.lies = {}
  const { code, verifier } = await goTo(provider.visit)
  t.equal((await spend({ code, verifier })).status, 200)
  const { users, identities, loginFailures, auditEvents } = backend.store.tables
  const rows = JSON.stringify([
    await backend.store.query((q) => q.select().from(users)),
    await backend.store.query((q) => q.select().from(identities)),
    await backend.store.query((q) => q.select().from(loginFailures)),
    await backend.store.query((q) => q.select().from(auditEvents)),
  ])
  for (const secret of [code, verifier, 'canary-access-token', 'canary-client-secret'])
    t.notOk(rows.includes(secret))
})
