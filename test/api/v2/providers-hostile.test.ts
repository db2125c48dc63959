import { test } from 'tap'
import { PAGE, scene } from './signing-in.ts'

await test('a return that another provider sent is not taken to this one (RFC 9207)', async (t) => {
  const { goTo, provider, other } = await scene(t)
  provider.state.says = { sub: '7' }
  const asked = () => provider.state.requests.filter((path) => path === '/token').length
  for (const iss of [other.issuer, `${provider.issuer}/`]) {
    provider.state.lies = { iss }
    t.equal((await goTo(provider.visit)).error, 'sign_in_failed', JSON.stringify(iss))
  }
  t.equal(asked(), 0, 'its code went nowhere')
  provider.state.lies = { iss: provider.issuer }
  t.ok((await goTo(provider.visit)).code)
  t.equal(asked(), 1)

  other.state.metadata = { authorization_response_iss_parameter_supported: true }
  other.state.says = { sub: '7' }
  t.equal((await goTo(other.visit, 'other')).error, 'sign_in_failed', 'none, where one is promised')
  other.state.lies = { iss: other.issuer }
  t.ok((await goTo(other.visit, 'other')).code)
})

await test('an ID token that nobody signed, or the client could have, lets nobody in', async (t) => {
  const { goTo, provider } = await scene(t)
  provider.state.says = { sub: '7' }
  for (const alg of ['none', 'HS256'] as const) {
    provider.state.lies = { alg }
    t.equal((await goTo(provider.visit)).error, 'sign_in_failed', alg)
  }
  provider.state.lies = {}
  t.ok((await goTo(provider.visit)).code)
})

await test('a provider signs with a new key', async (t) => {
  const { goTo, provider } = await scene(t)
  provider.state.says = { sub: '7' }
  t.ok((await goTo(provider.visit)).code)
  await provider.rotate()
  const { now } = Date
  t.teardown(() => void (Date.now = now))
  // What looks at its keys again has a clock of its own.
  Date.now = () => now() + 61_000
  t.ok((await goTo(provider.visit)).code)
})

await test('a provider that falls silent while somebody is there', async (t) => {
  const { begin, comeBack, provider } = await scene(t)
  provider.state.says = { sub: '7' }
  const ways = await Promise.all([begin(), begin()])
  const at = await Promise.all(ways.map(({ url }) => provider.visit(url)))
  provider.state.mute = ['/token']
  t.equal((await comeBack(at[0] ?? '', ways[0].cookie)).error, 'provider_unavailable')
  provider.state.mute = ['/jwks']
  t.equal((await comeBack(at[1] ?? '', ways[1].cookie)).error, 'provider_unavailable')
})

await test('a browser keeps the cookie of every start that is answered', async (t) => {
  const { begin, comeBack, provider } = await scene(t)
  provider.state.says = { sub: '7' }
  const page = `${PAGE}?x=`
  const long = (text: string, length: number) => page + text.repeat(length - page.length)
  for (const [redirect_to, status] of [
    [long('x', 1000), 302],
    [long("'", 300), 302],
    [long('"', 1000), 422],
    [long('<', 500), 422],
  ] as const) {
    const { reply, cookie, url } = await begin({ redirect_to })
    t.equal(reply.status, status, redirect_to.slice(-1))
    if (status !== 302) continue
    // RFC 6265, section 6.1.
    t.ok(String(reply.headers['set-cookie']).length <= 4096)
    t.ok((await comeBack(await provider.visit(url), cookie)).code)
  }
})

await test('the code of whoever has the longest names can be spent', async (t) => {
  const { goTo, spend, provider } = await scene(t)
  const longest = {
    sub: '\u{4E2D}'.repeat(255),
    preferred_username: '\u{1F600}'.repeat(100),
    name: '\u{1F600}'.repeat(100),
    email: `${'\u{1F600}'.repeat(242)}@example.com`,
    email_verified: true,
  }
  provider.state.says = longest
  const { code, verifier } = await goTo(provider.visit)
  t.match(await spend({ code, verifier }), { status: 200 }, String(code.length))
  provider.state.says = { ...longest, sub: '8', name: '\u{1}'.repeat(100) }
  const next = await goTo(provider.visit)
  t.match(await spend({ code: next.code, verifier: next.verifier }), { status: 200 })
  provider.state.says = { sub: '\u{1}'.repeat(255) }
  t.equal((await goTo(provider.visit)).error, 'sign_in_failed')
})
