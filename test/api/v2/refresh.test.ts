import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf, encode, headerOf, type Json, signed, signingKey } from '../v1/forge.ts'
import { join, me, refresh, refused, renew, stillClock, tokensOf } from './session.ts'

const URL = '/api/v2/auth/refresh'
const open = async (t: Test) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  return { node, clock, alice: await join(node, 'alice') }
}

await test('S18 S21 S22 what is no live refresh token of ours is refused, and changes nothing', async (t) => {
  const { node, alice } = await open(t)
  const bob = await join(node, 'bob')
  const { privateKey, kid } = await signingKey(node)
  const claims = claimsOf(alice.refresh)
  const forged = (changes: Json, header: Json = headerOf(alice.refresh)) =>
    signed(header, { ...claims, ...changes }, privateKey)
  const [head = '', payload = '', signature = ''] = alice.refresh.split('.')
  const rows: Array<[name: string, token: string, code: string]> = [
    ['an access token', alice.access, 'token_type_invalid'],
    ['no token', 'nonsense', 'token_invalid'],
    ['nothing', '', 'token_invalid'],
    ['spaces', ' ', 'token_invalid'],
    ['three dots', '..', 'token_invalid'],
    ['the word Bearer', `Bearer ${alice.refresh}`, 'token_invalid'],
    ['cut', alice.refresh.slice(0, -6), 'token_invalid'],
    ['without signature', `${head}.${payload}.`, 'token_invalid'],
    ['of another signature', `${head}.${payload}.${'A'.repeat(signature.length)}`, 'token_invalid'],
    ['alg none', `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`, 'token_invalid'],
    ['the user of another', forged({ sub: String(bob.id) }), 'token_revoked'],
    ['the session of another', forged({ sid: bob.sid, sub: claims['sub'] }), 'token_revoked'],
    ['no such session', forged({ sid: 'x'.repeat(22) }), 'token_revoked'],
    ['type access', forged({ type: 'access' }), 'token_invalid'],
    ['audience of access', forged({ aud: 'commonplace' }), 'token_invalid'],
    ['another issuer', forged({ iss: 'https://evil.test' }), 'token_invalid'],
    ['no expiry', forged({ exp: undefined }), 'token_invalid'],
    ['over', forged({ exp: Number(claims['iat']) - 1 }), 'refresh_token_expired'],
    ['unknown kid', forged({}, { alg: 'EdDSA', typ: 'JWT', kid: 'nobody' }), 'token_invalid'],
    ['no kid', forged({}, { alg: 'EdDSA', typ: 'JWT' }), 'token_invalid'],
    ['another typ', forged({}, { alg: 'EdDSA', typ: 'at+jwt', kid }), 'token_invalid'],
  ]
  for (const [name, token, code] of rows) {
    const reply = await refresh(node, token)
    refused(t, reply, 401, code, name)
    t.match(reply.headers, {
      'www-authenticate': /^Bearer realm="commonplace", error="invalid_token"/,
      'cache-control': 'no-store',
    })
  }
  for (const session of [alice, bob]) {
    t.match(await tokensOf(node, session.sid), [{ usedAt: null }])
    t.match(await refresh(node, session.refresh), { status: 200 })
  }
})

await test('S52 S56 a refresh without a token, or with a body that is none, says why', async (t) => {
  const { node, alice } = await open(t)
  for (const send of [{}, { body: {} }, bearer(alice.refresh), bearer(alice.access)]) {
    const reply = await node.request('POST', URL, send)
    refused(t, reply, 401, 'token_missing', JSON.stringify(send))
    t.equal(reply.headers['www-authenticate'], 'Bearer realm="commonplace"')
  }
  for (const value of [
    5,
    null,
    true,
    [alice.refresh],
    { token: alice.refresh },
    'x'.repeat(4097),
  ]) {
    const reply = await refresh(node, value)
    refused(t, reply, 422, 'validation_failed')
    t.match(reply.body.errors, [{ pointer: '#/refresh_token' }])
    t.equal(reply.body.errors.length, 1)
  }
  const more = { body: { refresh_token: alice.refresh, scope: 'all' } }
  const unknown = await node.request('POST', URL, more)
  refused(t, unknown, 422, 'validation_failed')
  t.match(unknown.body.errors, [{ pointer: '#/scope', code: 'unknown_member' }])
  refused(t, await node.request('POST', URL, { body: [alice.refresh] }), 422, 'validation_failed')
  const query = { query: { refresh_token: alice.refresh } }
  refused(t, await node.request('POST', URL, query), 422, 'validation_failed', 'S29 in the query')
  for (const [type, body, status, code] of [
    ['application/json', '{"refresh_token":', 400, 'malformed_request'],
    ['application/json', 'null', 400, 'malformed_request'],
    ['text/plain', alice.refresh, 415, 'unsupported_media_type'],
    [
      'application/x-www-form-urlencoded',
      `refresh_token=${alice.refresh}`,
      415,
      'unsupported_media_type',
    ],
  ] as const)
    refused(
      t,
      await node.request('POST', URL, { body, headers: { 'content-type': type } }),
      status,
      code,
    )
  t.match(await tokensOf(node, alice.sid), [{ usedAt: null }])
  const both = { ...bearer('nonsense'), body: { refresh_token: alice.refresh } }
  t.match(await node.request('POST', URL, both), { status: 200 }, 'the header counts for nothing')
})

await test('S88 a spent refresh token gives nothing elsewhere, and logs nobody out', async (t) => {
  const { node, alice } = await open(t)
  const next = await renew(node, alice.refresh)
  refused(t, await me(node, alice.refresh), 401, 'token_type_invalid')
  const v1 = await node.request('POST', '/api/v1/refresh', bearer(alice.refresh))
  t.match(v1, { status: 401, body: { message: 'Token has been revoked' } })
  t.match(await me(node, next.access), { status: 200 }, 'and is no reuse there, so soon')
  const out = await node.request('POST', '/api/v1/logout', bearer(alice.refresh))
  t.match(out, { status: 401, body: { message: 'Token has been revoked' } })
  t.match(await me(node, next.access), { status: 200 })
})

await test('a refresh after the session has ended is refused', async (t) => {
  const { node, alice } = await open(t)
  const bob = await join(node, 'bob')
  const carol = await join(node, 'carol')
  t.match(await alice.send('POST', '/api/v2/auth/logout'), { status: 204 })
  t.match(await bob.send('DELETE', '/api/v2/me'), { status: 204 })
  await node.backend.accounts.setStatus(carol.id, 'suspended')
  for (const session of [alice, bob, carol])
    refused(t, await refresh(node, session.refresh), 401, 'token_revoked')
})

await test('the limit of refreshes is per session', async (t) => {
  const node = await start(t, { env: { RATE_LIMITS: 'on' } })
  const alice = await join(node, 'alice')
  const bob = await join(node, 'bob')
  let token = alice.refresh
  for (let i = 1; i <= 60; i++) {
    const reply = await refresh(node, token)
    t.match(reply, { status: 200, headers: { ratelimit: new RegExp(`^"refresh";r=${60 - i};`) } })
    token = reply.body.refresh_token
  }
  const limited = await refresh(node, token)
  refused(t, limited, 429, 'rate_limited')
  t.match(limited.headers, {
    'ratelimit-policy': '"refresh";q=60;w=60',
    'retry-after': /^[1-6]?\d$/,
  })
  t.match(await refresh(node, bob.refresh), { status: 200 }, 'another session is free')
  const kept = await tokensOf(node, alice.sid)
  const { jti } = claimsOf(token)
  t.match(
    kept.find((row) => row.jti === jti),
    { usedAt: null },
    'what was limited is not spent',
  )
})
