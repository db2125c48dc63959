import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { test } from 'tap'
import { start, type Started } from '../../helper.ts'
import { bearer, claimsOf, headerOf, type Json, refused } from './forge.ts'

const URL = '/.well-known/jwks.json'

/** Another service: it has nothing but the document, which it keeps for as long as that says. */
function verifier({ request, clock }: Started) {
  const kept = { keys: new Map<unknown, KeyObject>(), until: 0 }
  return async (token: string): Promise<Json> => {
    const now = clock.now().getTime()
    if (now >= kept.until) {
      const { body, headers } = await request('GET', URL)
      const seconds = Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1])
      kept.until = now + seconds * 1000
      kept.keys = new Map(
        body.keys.map((key: JsonWebKey) => [key['kid'], createPublicKey({ key, format: 'jwk' })]),
      )
    }
    const key = kept.keys.get(headerOf(token)['kid'])
    if (!key) throw new Error('unknown key')
    const [header, payload, signature = ''] = token.split('.')
    const text = Buffer.from(`${header}.${payload}`)
    if (!verify(null, text, key, Buffer.from(signature, 'base64url'))) throw new Error('forged')
    return claimsOf(token)
  }
}

await test('S24 the public keys are there for everyone, to keep for 5 minutes', async (t) => {
  const { request } = await start(t)
  const reply = await request('GET', URL)
  t.match(reply, { status: 200, headers: { 'cache-control': 'public, max-age=300' } })
  t.match(reply.headers['content-type'], /^application\/(jwk-set\+)?json/)
  t.equal(reply.body.keys.length, 1)
  const [key] = reply.body.keys
  t.strictSame(Object.keys(key).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'], 'no d')
  t.match(key, { kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', x: /^[\w-]{43}$/ })
  const again = await request('GET', URL, bearer('nonsense'))
  t.strictSame(again.body, reply.body, 'whatever token is sent')
})

await test('S24 whoever has the document alone can check our tokens, over a rotation too', async (t) => {
  const node = await start(t)
  const check = verifier(node)
  const alice = await node.as('alice')
  const iss = node.config.publicUrl
  t.match(await check(alice.accessToken), { sub: String(alice.id), iss, aud: 'commonplace' })
  const [header, , signature] = alice.accessToken.split('.')
  const other = Buffer.from(JSON.stringify({ sub: '1', role: 'admin' })).toString('base64url')
  await t.rejects(check(`${header}.${other}.${signature}`), { message: 'forged' })

  await node.backend.keys.rotate()
  // A minute at a time, and no token that is signed meanwhile is refused by who follows the document.
  const kids = new Set<unknown>()
  for (let minute = 0; minute <= 12; minute++) {
    const { accessToken, refreshToken } = await node.login('alice', alice.id)
    for (const token of [accessToken, refreshToken])
      t.match(await check(token), { sub: String(alice.id) }, `minute ${minute}`)
    kids.add(headerOf(accessToken)['kid'])
    node.clock.advance(60)
  }
  t.equal(kids.size, 2, 'both keys have signed')
  t.match(await check(alice.accessToken), { sub: String(alice.id) }, 'one of before')
})

await test('S24 clients notice nothing of a rotation, and nothing of a removal but a 401', async (t) => {
  const node = await start(t)
  const { keys } = node.backend
  const before = await node.as('alice')
  const next = await keys.rotate()
  const get = (token: string) => node.request('GET', '/api/v1/me', bearer(token))

  const soon = await node.login('alice', before.id)
  t.not(headerOf(soon.accessToken)['kid'], next.kid, 'the next key does not sign yet')
  const { body } = await node.request('GET', URL)
  t.equal(body.keys.length, 2, 'it is published first')
  node.clock.advance(301)
  const after = await node.login('alice', before.id)
  t.equal(headerOf(after.accessToken)['kid'], next.kid, 'after 5 minutes it signs')
  for (const client of [before, soon, after])
    t.match(await get(client.accessToken), { status: 200 }, 'the tokens of both are good')

  // A refresh token of the old key is good to its last day.
  for (let day = 0; day < 29; day += 5) {
    node.clock.advance(5 * 86_400 - 60)
    const renewed = await node.request('POST', '/api/v1/refresh', bearer(before.refreshToken))
    t.match(renewed, { status: 200 }, `day ${day + 5}`)
    t.equal(headerOf(renewed.body.access_token)['kid'], next.kid)
  }
  node.clock.advance(86_400)
  const late = await node.login('alice', before.id)
  t.match(await get(late.accessToken), { status: 200 })
  t.equal((await node.request('GET', URL)).body.keys.length, 1, 'then the old key is not shown')
  const spent = await node.request('POST', '/api/v1/refresh', bearer(before.refreshToken))
  refused(t, spent, 'Invalid token', 'nor does it verify')
  t.match(await node.backend.purge(), { signing_keys: 1 })
  t.match(await keys.list(), [{ kid: next.kid, state: 'signing' }])
})
