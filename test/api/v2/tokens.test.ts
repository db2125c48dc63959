import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'openid-client'
import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { keyOf } from '../credentials.ts'
import { listening } from '../plugins/frame.ts'

async function scene(t: Test, options = {}) {
  const started = await start(t, options)
  const alice = await started.as('alice')
  const form = (path: string, fields: Record<string, string>, token?: string) =>
    started.request('POST', `/api/v2/auth/${path}`, {
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
  const introspect = (token: string, by = alice.accessToken) => form('introspect', { token }, by)
  const revoke = (token: string, more = {}) => form('revoke', { token, ...more })
  return { ...started, alice, form, introspect, revoke }
}

await test('a token of one’s own can be asked for', async (t) => {
  const { alice, introspect, config } = await scene(t)
  for (const [token, type] of [
    [alice.accessToken, 'access_token'],
    [alice.refreshToken, 'refresh_token'],
  ] as const) {
    const { status, body } = await introspect(token)
    t.equal(status, 200)
    t.match(body, {
      active: true,
      sub: String(alice.id),
      username: 'alice',
      token_type: type,
      role: 'user',
      iss: config.publicUrl,
    })
    t.ok(body.exp > body.iat && body.iat > 1_700_000_000)
  }
})

await test('any other token is not active, and no more is told', async (t) => {
  const { alice, as, introspect, login } = await scene(t)
  const bob = await as('bob')
  const ended = await login('alice', alice.id)
  await ended.post('/api/v2/auth/logout')
  const [head = '', claims = ''] = alice.accessToken.split('.')
  for (const token of [
    bob.accessToken,
    bob.refreshToken,
    ended.accessToken,
    `${head}.${claims}.AAAA`,
    'x',
    'a.b.c',
  ])
    t.strictSame((await introspect(token)).body, { active: false }, token.slice(0, 20))
})

await test('a key with the scope may ask for all tokens, as a resource server does', async (t) => {
  const started = await scene(t)
  const bob = await started.as('bob')
  const { key } = await keyOf(started, bob, ['tokens:introspect'])
  const ask = (token: string) =>
    started.request('POST', '/api/v2/auth/introspect', {
      body: `token=${token}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': key },
    })
  t.match((await ask(started.alice.accessToken)).body, { active: true, username: 'alice' })
  t.strictSame((await ask('x')).body, { active: false })
})

await test('who asks must be signed in, and send a form', async (t) => {
  const { alice, form, request } = await scene(t)
  t.match(await form('introspect', { token: alice.accessToken }), { status: 401 })
  t.match(await form('introspect', {}, alice.accessToken), { status: 422 })
  t.match(await form('introspect', { token: 'x', x: '1' }, alice.accessToken), { status: 422 })
  t.match(await form('revoke', {}), { status: 422 })
  const { send, accessToken: token } = alice
  for (const path of ['revoke', 'introspect'])
    for (const sent of [
      { body: { token } },
      { body: `token=${token}`, headers: { 'content-type': 'text/plain' } },
      { body: `token=${token}`, headers: { 'content-type': 'form' } },
      {},
    ])
      t.match(await send('POST', `/api/v2/auth/${path}`, undefined, sent), {
        status: 415,
        body: { detail: 'Request must be application/x-www-form-urlencoded' },
      })
  const headers = { 'content-type': 'application/x-www-form-urlencoded ; charset=UTF-8' }
  t.match(await request('POST', '/api/v2/auth/revoke', { headers }), { status: 422 })
  t.match(await alice.get('/api/v2/me'), { status: 200 })
})

await test('S38 a revoked refresh token ends its session, a revoked access token is refused alone', async (t) => {
  const { alice, revoke, login, request, introspect } = await scene(t)
  const other = await login('alice', alice.id)
  const refresh = (token: string) =>
    request('POST', '/api/v1/refresh', { body: { refresh_token: token } })

  t.match(await revoke(alice.accessToken), { status: 200, text: '' })
  t.match(await alice.get('/api/v2/me'), { status: 401, body: { code: 'token_revoked' } })
  const renewed = await refresh(alice.refreshToken)
  t.equal(renewed.status, 200, 'the session goes on')

  t.match(await revoke(alice.refreshToken, { token_type_hint: 'access_token' }), { status: 200 })
  t.match(await refresh(alice.refreshToken), { status: 401 })
  t.strictSame((await introspect(renewed.body.access_token, other.accessToken)).body, {
    active: false,
  })
  t.match(await other.get('/api/v2/me'), { status: 200 }, 'other sessions go on')
  for (const token of [alice.refreshToken, alice.accessToken, 'x', 'a.b.c'])
    t.match(await revoke(token), { status: 200, text: '' }, 'also when there is nothing to do')
})

await test('S31 a refresh token that was spent is not active', async (t) => {
  const { login, introspect, request, clock, as } = await scene(t)
  const { id } = await as('carol')
  const session = await login('carol', id)
  const body = { refresh_token: session.refreshToken }
  const { body: next } = await request('POST', '/api/v2/auth/refresh', { body })
  const ask = async (token: string) => (await introspect(token, next.access_token)).body.active
  t.equal(await ask(session.refreshToken), false, 'within the grace')
  t.equal(await ask(next.refresh_token), true)
  clock.advance(11)
  t.equal(await ask(session.refreshToken), false)
  t.match(
    await request('POST', '/api/v2/auth/refresh', { body: { refresh_token: next.refresh_token } }),
    {
      status: 200,
    },
  )
})

await test('an OAuth client that knows the metadata alone revokes a token', async (t) => {
  const { app, alice, revoke } = await scene(t, { env: { PUBLIC_URL: 'http://127.0.0.1:0' } })
  const { port } = await listening(app)
  const server = new URL(`http://127.0.0.1:${port}`)
  const metadata = (await (
    await fetch(new URL('/.well-known/oauth-authorization-server', server))
  ).json()) as oauth.ServerMetadata
  const endpoint = new URL(new URL(metadata.revocation_endpoint!).pathname, server).href
  const client = new oauth.Configuration(
    { ...metadata, revocation_endpoint: endpoint },
    'a-client',
    undefined,
    oauth.None(),
  )
  oauth.allowInsecureRequests(client)
  await oauth.tokenRevocation(client, alice.accessToken)
  t.match(await alice.get('/api/v2/me'), { status: 401, body: { code: 'token_revoked' } })
  t.match(await revoke('x'.repeat(5000)), { status: 200, text: '' }, 'whatever it is')
})

await test('the metadata name what is served', async (t) => {
  const { request, config } = await scene(t, { env: { PUBLIC_URL: 'https://api.example.com' } })
  const { status, body, headers } = await request('GET', '/.well-known/oauth-authorization-server')
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'public, max-age=300')
  t.equal(body.issuer, config.publicUrl)
  for (const [name, url] of Object.entries<unknown>(body)) {
    if (!/_endpoint$|_uri$|documentation$/.test(name)) continue
    const { origin, pathname } = new URL(String(url))
    t.equal(origin, 'https://api.example.com')
    const reply = await request(name.endsWith('_endpoint') ? 'POST' : 'GET', pathname)
    t.not(reply.status, 404, name)
  }
})

await test('a service that knows the JWKS URL alone takes our tokens, also while keys rotate', async (t) => {
  const { app, alice, backend, clock, login } = await scene(t)
  const { port } = await listening(app)
  const jwks = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`), {
    cooldownDuration: 0,
  })
  const verify = (token: string) =>
    jwtVerify(token, jwks, {
      audience: 'commonplace',
      algorithms: ['EdDSA'],
      currentDate: clock.now(),
    })
  const { payload } = await verify(alice.accessToken)
  t.match(payload, { sub: String(alice.id), type: 'access' })

  const { kid } = await backend.keys.rotate()
  t.ok(jwks.jwks()?.keys.length, 'it has seen a set')
  await jwks.reload()
  t.ok(
    jwks.jwks()?.keys.some((key) => key.kid === kid),
    'the next key is there before it signs',
  )
  clock.advance(301)
  const later = await login('alice', alice.id)
  const { protectedHeader } = await verify(later.accessToken)
  t.equal(protectedHeader.kid, kid)
  await verify(alice.accessToken)
  await t.rejects(verify(alice.refreshToken), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
})
