import { test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf, DOORS, headerOf, knock, messageOf, refused } from './forge.ts'

type Spell = (token: string) => string

/** Whoever may read RFC 9110 (section 11.1) and RFC 6750 (section 2.1) so gets in. */
const TAKEN: Record<string, Spell> = {
  'as it should be': (token) => `Bearer ${token}`,
  'in lower case': (token) => `bearer ${token}`,
  'in upper case': (token) => `BEARER ${token}`,
  'with two spaces': (token) => `Bearer  ${token}`,
  'with a space behind': (token) => `Bearer ${token} `,
}
/** A Bearer token that is none: 401 everywhere, also where a token is optional. */
const BAD: Record<string, Spell> = {
  'two tokens': (token) => `Bearer ${token}, Bearer ${token}`,
  'two tokens without a space': (token) => `Bearer ${token},${token}`,
  'garbage behind': (token) => `Bearer ${token} garbage`,
  'a semicolon behind': (token) => `Bearer ${token};`,
  quoted: (token) => `Bearer "${token}"`,
  'the scheme twice': (token) => `Bearer Bearer ${token}`,
  'a parameter': (token) => `Bearer token=${token}`,
  'a NUL behind': (token) => `Bearer ${token}\0`,
  'the word null': () => 'Bearer null',
}
/** No Bearer token at all: whoever must show one is asked for it. */
const NONE: Record<string, Spell> = {
  empty: () => '',
  'the scheme alone': () => 'Bearer',
  'the scheme and a space': () => 'Bearer ',
  'no scheme': (token) => token,
  'no space': (token) => `Bearer${token}`,
  'a colon': (token) => `Bearer: ${token}`,
  'a tab': (token) => `Bearer\t${token}`,
  'another scheme': (token) => `Token ${token}`,
  'Basic with the token': (token) => `Basic ${token}`,
  'Basic with a password': () =>
    `Basic ${Buffer.from('alice:a quiet place to write').toString('base64')}`,
}

const USER = ['/api/v1/protected', '/api/v2/me']
const OPTIONAL = ['/api/v1/partially-protected', '/api/v2/users']
const LOGOUT = ['/api/v1/logout', '/api/v2/auth/logout']
/** In v2 a refresh token does not come in the header. */
const REFRESH = ['/api/v1/refresh']

await test('S18 odd spellings of the header let nobody in who has no token', async (t) => {
  const node = await start(t)
  const { accessToken, id } = await node.as('alice')
  const send = (url: string, authorization: string, method = 'GET') =>
    node.request(method, url, { headers: { authorization } })

  for (const [name, spell] of Object.entries(TAKEN)) {
    for (const out of LOGOUT) {
      const { accessToken: token } = await node.login('alice', id)
      for (const url of USER) {
        const { body } = await send(url, spell(token))
        t.equal(body.logged_in_as ?? body.username, 'alice', `${name} ${url}`)
      }
      for (const url of OPTIONAL) t.equal((await send(url, spell(token))).status, 200, name)
      t.ok((await send(out, spell(token), 'POST')).status < 300, `${name} ${out}`)
      refused(t, await send(USER[1]!, spell(token)), 'Token has been revoked', `${name} ${out}`)
    }
  }
  for (const [name, spell] of Object.entries(BAD)) {
    for (const url of [...USER, ...OPTIONAL])
      refused(t, await send(url, spell(accessToken)), 'Invalid token', `${name} ${url}`)
    for (const url of [...LOGOUT, ...REFRESH])
      refused(t, await send(url, spell(accessToken), 'POST'), 'Invalid token', `${name} ${url}`)
  }
  const missing = {
    status: 401,
    headers: { 'www-authenticate': /^Bearer realm="commonplace"$/, 'cache-control': 'no-store' },
  }
  for (const [name, spell] of Object.entries(NONE)) {
    for (const url of [...USER, ...LOGOUT, ...REFRESH]) {
      const reply = await send(url, spell(accessToken), USER.includes(url) ? 'GET' : 'POST')
      t.match(reply, missing, `${name} ${url}`)
      t.equal(messageOf(reply), 'Missing token')
    }
    const [plain, modern] = [
      await send(OPTIONAL[0]!, spell(accessToken)),
      await send(OPTIONAL[1]!, spell(accessToken)),
    ]
    t.match(plain, { body: { logged_in_as: 'anonymous user' } }, `${name} optional`)
    t.match(modern, { status: 200 }, `${name} optional`)
  }
})

await test('S18 a public route takes no notice of the header', async (t) => {
  const { request } = await start(t)
  const reply = await request('GET', '/api/v1/posts', bearer('nonsense'))
  t.match(reply, { status: 200, body: { posts: [] } })
})

await test('S29 a token anywhere but in its place is no token', async (t) => {
  const node = await start(t)
  const { accessToken, refreshToken } = await node.as('alice')
  const cookie = { cookie: `access_token=${accessToken}; token=${accessToken}` }
  for (const name of ['access_token', 'token', 'jwt', 'authorization']) {
    const query = { [name]: accessToken }
    const reply = await node.request('GET', '/api/v1/protected', { query })
    t.match(reply, { status: 401, body: { message: 'Missing token' } }, name)
    const optional = await node.request('GET', '/api/v1/partially-protected', { query })
    t.notMatch(optional.text, 'alice', `${name}, optional`)
    const body = { title: 'x', [name]: accessToken }
    const todo = await node.request('POST', '/api/v1/todos', { body })
    t.match(todo, { status: 401, body: { message: 'Missing token' } }, `${name} in a body`)
  }
  const crumbs = await node.request('GET', '/api/v1/protected', { headers: cookie })
  t.match(crumbs, { status: 401 }, 'in a cookie')
  const out = await node.request('POST', '/api/v1/logout', {
    body: { refresh_token: refreshToken },
  })
  t.match(out, { status: 401 }, 'the body of a logout')
  const query = { refresh_token: refreshToken }
  const renewed = await node.request('POST', '/api/v1/refresh', { query })
  t.match(renewed, { status: /^40[01]$/ }, 'the query of a refresh')
  const inBody = { body: { access_token: refreshToken } }
  t.match(await node.request('POST', '/api/v1/refresh', inBody), { status: /^40[01]$/ })
  const listed = await node.request('GET', '/api/v1/protected', bearer(accessToken))
  t.match(listed, { status: 200 }, 'nothing of this ended the session')
})

await test('S27 a token tells who, until when and for what, and nothing else', async (t) => {
  const { as, backend, config, clock } = await start(t)
  const now = Math.floor(clock.now().getTime() / 1000)
  const alice = await as('alice', 'moderator')
  await backend.accounts.update(
    { ...alice, role: 'user', sessionId: '', origin: { ip: '', userAgent: '', requestId: '' } },
    alice.id,
    { email: 'alice@example.com', phone: '+4915112345678' },
  )
  const common = ['aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'sid', 'sub', 'type']
  const [access, refresh] = [alice.accessToken, alice.refreshToken].map(claimsOf)
  t.strictSame(Object.keys(access ?? {}).toSorted(), [...common, 'role'].toSorted())
  t.strictSame(Object.keys(refresh ?? {}).toSorted(), common)
  const shared = { iss: config.publicUrl, sub: String(alice.id), sid: access?.['sid'] }
  const { iat, nbf, exp } = access as { iat: number; nbf: number; exp: number } // ours
  t.match(access, { ...shared, aud: 'commonplace', type: 'access', role: 'moderator' })
  t.match(refresh, { ...shared, aud: 'commonplace/refresh', type: 'refresh' })
  t.ok(iat >= now && iat < now + 60 && nbf === iat, 'made now')
  t.equal(exp - iat, 900, 'S26 good for 15 minutes')
  t.equal(Number(refresh?.['exp']) - iat, 30 * 86_400, 'and for 30 days')
  t.not(access?.['jti'], refresh?.['jti'])
  for (const id of [access?.['jti'], refresh?.['jti'], access?.['sid']])
    t.match(id, /^[\w-]{22}$/, '128 random bits')
  const header = headerOf(alice.accessToken)
  t.strictSame(Object.keys(header).toSorted(), ['alg', 'kid', 'typ'])
  t.match(header, { alg: 'EdDSA', typ: 'JWT', kid: /^[\w-]{22}$/ })
})

await test('S28 what one request does to its principal, no other request sees', async (t) => {
  const { as, backend, request } = await start(t)
  const { accessToken } = await as('alice')
  const who = () => request('GET', '/api/v1/protected', bearer(accessToken))
  t.match(await who(), { body: { logged_in_as: 'alice' } })
  // SQLite keeps what it knows of a token, PostgreSQL asks each time.
  const principal =
    backend.tokens.recall(accessToken, ['access']) ??
    (await backend.tokens.authenticate(accessToken, claimsOf(accessToken), ['access']))
  t.throws(() => Object.assign(principal, { username: 'mallory', role: 'admin' }), TypeError)
  t.match(await who(), { body: { logged_in_as: 'alice' } })
})

await test('S39 a signature that is spelled otherwise is the same token, and dies with it', async (t) => {
  const node = await start(t)
  const { accessToken, refreshToken, delete: send } = await node.as('alice')
  const respelled = (token: string) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const at = alphabet.indexOf(token.at(-1) ?? '')
    // 64 bytes leave four bits of the last character unused.
    return Array.from({ length: 15 }, (_, bits) => token.slice(0, -1) + alphabet[at ^ (bits + 1)])
  }
  const bytes = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url')
  t.ok(respelled(accessToken).every((token) => bytes(token).equals(bytes(accessToken))))
  t.match(await send('/api/v1/logout'), { status: 200 })
  for (const door of DOORS) {
    const token = door.type === 'access' ? accessToken : refreshToken
    for (const other of respelled(token))
      refused(t, await knock(node, door, other), 'Token has been revoked', door.name)
  }
})
