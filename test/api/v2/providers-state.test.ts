import { test } from 'tap'
import { start } from '../../helper.ts'
import { BASE, browsers, PAGE, pkce, providersOf, scene, verified } from './signing-in.ts'

const CALLBACK = 'http://localhost:3000/api/v2/auth/providers/example/callback'

await test('the way to a provider: code flow with PKCE, state and nonce, bound to the browser', async (t) => {
  const { begin, provider, request, backend } = await scene(t)
  t.match(await request('GET', BASE), {
    status: 200,
    body: {
      data: [
        {
          name: 'example',
          label: 'example',
          start_url: 'http://localhost:3000/api/v2/auth/providers/example/start',
        },
        { name: 'other' },
      ],
    },
  })
  const { reply, cookie, url } = await begin({ code_challenge_method: 'S256' })
  t.equal(reply.status, 302)
  t.equal(reply.headers['cache-control'], 'no-store')
  t.match(
    reply.headers['set-cookie'],
    /^commonplace_sign_in=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const { origin, pathname, searchParams } = new URL(url)
  t.equal(origin + pathname, `${provider.issuer}/auth`)
  const sent = Object.fromEntries(searchParams)
  t.match(sent, {
    client_id: 'commonplace',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid email profile',
    state: /^[\w-]{22}$/,
    nonce: /^[\w-]{43}$/,
    code_challenge: /^[\w-]{43}$/,
    code_challenge_method: 'S256',
  })
  for (const secret of ['canary-client-secret', sent['state'] ?? '', sent['nonce'] ?? ''])
    t.notMatch(cookie, secret, 'the cookie is sealed')
  const again = await begin()
  for (const name of ['state', 'nonce', 'code_challenge'])
    t.not(new URL(again.url).searchParams.get(name), sent[name], `${name} is new each time`)
  t.match(backend.signIn.list()[0], { name: 'example' })

  const tls = await start(t, {
    env: { ...providersOf(provider.issuer), PUBLIC_URL: 'https://api.example.com' },
  })
  const secure = await browsers(tls).begin()
  t.match(
    secure.reply.headers['set-cookie'],
    /^__Host-commonplace_sign_in=.*; Secure; SameSite=Lax/,
  )
})

await test('a state that is forged, altered, replayed or of another browser leads nowhere', async (t) => {
  const { begin, comeBack, provider, other, request, clock, people } = await scene(t)
  provider.state.says = { sub: '7' }
  const { url, cookie } = await begin()
  const back = await provider.visit(url)
  const stranger = await begin()
  const altered = new URL(back)
  altered.searchParams.set('state', 'x'.repeat(22))
  const doubled = new URL(back)
  doubled.searchParams.append('state', 'x')
  const stateless = new URL(back)
  stateless.searchParams.delete('state')
  const elsewhere = back.replace('/example/', '/other/')
  const sealed = cookie.slice(cookie.indexOf('=') + 1)
  const last = sealed.at(-30) === 'A' ? 'B' : 'A'
  const rows: Record<string, [url: string, cookie: string]> = {
    'no cookie': [back, ''],
    'the cookie of another browser': [back, stranger.cookie],
    'an altered cookie': [back, cookie.slice(0, -30) + last + cookie.slice(-29)],
    'a made up cookie': [back, 'commonplace_sign_in=x'],
    'two cookies': [back, `${cookie}; ${stranger.cookie}`],
    'an altered state': [altered.href, cookie],
    'no state': [stateless.href, cookie],
    'the callback of another provider': [elsewhere, cookie],
  }
  for (const [name, [at, sent]] of Object.entries(rows)) {
    const { reply } = await comeBack(at, sent)
    t.match(reply, { status: 422, body: { code: 'state_mismatch' } }, name)
    t.equal(reply.headers['location'], undefined, name)
    t.equal(reply.headers['set-cookie'], undefined, `${name}: what was begun goes on`)
  }
  const two = await comeBack(doubled.href, cookie)
  t.match(two.reply, { status: 422, body: { code: 'validation_failed' } })
  t.notOk(provider.state.requests.includes('/token'), 'nobody asked the provider')
  t.match(await request('GET', `${BASE}/nobody/callback`), { status: 404 })

  clock.advance(599)
  const good = await comeBack(back, cookie)
  t.ok(good.code)
  t.match(good.reply.headers['set-cookie'], /^commonplace_sign_in=; .*Expires=Thu, 01 Jan 1970/)
  t.match((await comeBack(back, '')).reply, { status: 422 }, 'its browser has no cookie any more')
  t.equal((await comeBack(back, cookie)).error, 'sign_in_failed', 'the code was used there')
  clock.advance(2)
  t.match((await comeBack(back, cookie)).reply, { status: 422 }, 'after ten minutes')
  t.strictSame(await people(), [])
  t.equal(other.state.requests.length, 0)
})

await test('another node, which knows the secret, receives who was sent by the first', async (t) => {
  const first = await scene(t)
  const { provider, databaseUrl, clock } = first
  const env = providersOf(provider.issuer)
  const node = browsers(await start(t, { databaseUrl, clock, env }))
  provider.state.says = { sub: '7' }
  const { url, cookie, verifier } = await first.begin()
  const { code } = await node.comeBack(await provider.visit(url), cookie)
  t.match(await first.spend({ code, verifier }), { status: 200 })
  t.match(await node.spend({ code, verifier }), { status: 422, body: { code: 'link_invalid' } })
  const other = { ...env, SECRET_KEY: 'a secret that the other server has not got' }
  const stranger = browsers(await start(t, { clock, env: other }))
  const again = await first.begin()
  const { reply } = await stranger.comeBack(await provider.visit(again.url), again.cookie)
  t.match(reply, { status: 422, body: { code: 'state_mismatch' } })
})

await test('it never ends where the server was not set up to send people', async (t) => {
  const { begin, comeBack, provider } = await scene(t, {
    env: {
      OIDC_REDIRECTS:
        'com.example.app:/signed-in,https://desk.example.com/app/*,https://one.example.com/exactly',
    },
  })
  for (const allowed of [
    PAGE,
    'https://app.example.com',
    'https://APP.example.com:443/x?y=1&code=old',
    'http://localhost:3000/after',
    'com.example.app:/signed-in',
    'com.example.app:/signed-in?x=1',
    'https://desk.example.com/app/',
    'https://desk.example.com/app/deep?next=%2Fx',
    'https://one.example.com/exactly?x=1',
  ])
    t.match((await begin({ redirect_to: allowed })).reply, { status: 302 }, allowed)
  for (const refused of [
    '',
    '/signed-in',
    '//evil.test',
    '///evil.test',
    'https:evil.test',
    'https:/\\evil.test',
    'https://evil.test',
    'https://app.example.com.evil.test/',
    'https://app.example.com@evil.test/',
    'https://user@app.example.com/',
    'https://user:pass@app.example.com/',
    'https://app.example.com\\@evil.test/',
    'https://evil.test\\@app.example.com/',
    'https://evil.test#https://app.example.com/',
    'https://app.example.com/#x',
    'https://app.example.com/#',
    'https://app.example.com:8443/',
    'http://app.example.com/',
    'https://app.example.com%2eevil.test/',
    'https://app.example.com%00.evil.test/',
    'https://app.example.com/\n',
    ' https://app.example.com/',
    'https://ａpp.example.com/',
    'javascript://app.example.com/%0aalert(1)',
    'data:text/html,x',
    'null',
    'com.example.app:/other',
    'com.example.app:/signed-in/more',
    'com.example.app.evil:/signed-in',
    'https://desk.example.com/app',
    'https://desk.example.com/app/../admin',
    'https://desk.example.com/app/%2e%2e/admin',
    'https://desk.example.com/app/..%2fadmin',
    'https://desk.example.com/app%2f',
    'https://desk.example.com/apps/',
    'https://one.example.com/exactly/more',
    `https://app.example.com/${'x'.repeat(1000)}`,
  ])
    t.match(
      (await begin({ redirect_to: refused })).reply,
      { status: 422, body: { code: 'validation_failed', errors: [{ parameter: 'redirect_to' }] } },
      JSON.stringify(refused),
    )
  provider.state.says = verified('7', 'alice@example.com')
  for (const [page, end] of [
    ['com.example.app:/signed-in', /^com\.example\.app:\/signed-in\?code=[\w.-]+$/],
    [`${PAGE}?x=1&code=a&error=b`, /^https:\/\/app\.example\.com\/signed-in\?x=1&code=[\w.-]+$/],
  ] as const) {
    const { url, cookie } = await begin({ redirect_to: page })
    const { reply } = await comeBack(await provider.visit(url), cookie)
    t.match(reply.headers['location'], end)
    t.notMatch(reply.headers['location'], 'alice', 'the code is sealed')
  }
})

await test('what start and token refuse', async (t) => {
  const { begin, spend, request } = await scene(t)
  const { challenge, verifier } = pkce()
  t.match((await begin({}, 'nobody')).reply, { status: 404, body: { code: 'not_found' } })
  t.match((await begin({}, 'No')).reply, { status: 422 })
  for (const query of [
    { code_challenge: 'short' },
    { code_challenge: `${challenge}=` },
    { code_challenge: challenge, code_challenge_method: 'plain' },
    { code_challenge: challenge, state: 'x' },
  ] as Array<Record<string, string>>)
    t.match((await begin(query)).reply, { status: 422 }, JSON.stringify(query))
  t.match(await request('GET', `${BASE}/example/start`, { query: { redirect_to: PAGE } }), {
    status: 422,
    body: { errors: [{ parameter: 'code_challenge', code: 'required' }] },
  })
  t.match(await spend({ code: 'x', verifier }, 'nobody'), { status: 404 })
  for (const body of [
    {},
    { code: 'x' },
    { verifier },
    { code: 'x', verifier: 'short' },
    { code: 'x', verifier: 'x'.repeat(129) },
    { code: 5, verifier },
    { code: 'x', verifier, redirect_to: PAGE },
  ])
    t.match(await spend(body), { status: 422, body: { code: 'validation_failed' } })
  t.match(await spend({ code: 'x', verifier }), { status: 422, body: { code: 'link_invalid' } })
})
