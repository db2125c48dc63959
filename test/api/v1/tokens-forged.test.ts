import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { claimsOf, DOORS, encode, headerOf, input, type Json, knock } from './forge.ts'
import { refused, signed, signingKey } from './forge.ts'

/** What someone has who forges: a live token of their own, and what we publish. */
interface Context {
  token: string
  header: Json
  claims: Json
  pem: string
  jwk: Json
  /** A server of theirs. */
  url: string
}
type Rows = Record<string, (context: Context) => string>

const own = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ownJwk = own.publicKey.export({ format: 'jwk' })

/** The live token, its signature kept, under another header or with other claims. */
const keeping = (change: { header?: unknown; payload?: unknown }) => (context: Context) => {
  const [header = '', payload = '', signature = ''] = context.token.split('.')
  return [
    change.header === undefined ? header : encode(change.header),
    change.payload === undefined ? payload : encode(change.payload),
    signature,
  ].join('.')
}
const alg = (value: unknown) => (context: Context) =>
  keeping({ header: { ...context.header, alg: value } })(context)
const unsigned = (value: unknown) => (context: Context) =>
  `${input({ ...context.header, alg: value }, context.claims)}.`
const hmac =
  (bits: number, secret: (context: Context) => string | Buffer) => (context: Context) => {
    const text = input({ ...context.header, alg: `HS${bits}` }, context.claims)
    return `${text}.${createHmac(`sha${bits}`, secret(context)).update(text).digest('base64url')}`
  }
const x = ({ jwk }: Context) => Buffer.from(String(jwk['x']), 'base64url')
const der = ({ pem }: Context) => Buffer.from(pem.replaceAll(/-.*-|\n/g, ''), 'base64')
/** Signed with a key of their own, and a header that says so. */
const mine = (more: (context: Context) => Json) => (context: Context) =>
  signed({ ...context.header, ...more(context) }, context.claims, own.privateKey)
const change =
  (index: number, alter: (part: string) => string) =>
  ({ token }: Context) =>
    token
      .split('.')
      .map((part, at) => (at === index ? alter(part) : part))
      .join('.')

const ROWS: Rows = {
  'S19 alg none': unsigned('none'),
  'S19 alg None': unsigned('None'),
  'S19 alg NONE, its signature kept': alg('NONE'),
  'S19 alg none, its signature kept': alg('none'),
  'S19 alg missing': alg(undefined),
  'S19 alg missing, unsigned': unsigned(undefined),
  'S19 alg null': alg(null),
  'S19 alg in a list': alg(['EdDSA']),
  'S19 alg in lower case': alg('eddsa'),
  'S19 HS256 with the PEM': hmac(256, ({ pem }) => pem),
  'S19 HS384 with the PEM': hmac(384, ({ pem }) => pem),
  'S19 HS512 with the PEM': hmac(512, ({ pem }) => pem),
  'S19 HS256 with the PEM, trimmed': hmac(256, ({ pem }) => pem.trim()),
  'S19 HS256 with the DER': hmac(256, der),
  'S19 HS256 with the JWK': hmac(256, ({ jwk }) => JSON.stringify(jwk)),
  'S19 HS256 with the bytes of x': hmac(256, x),
  'S19 HS256 with an empty secret': hmac(256, () => ''),
  'S19 RS256, its signature kept': alg('RS256'),
  'S19 RS256 with a key of their own': ({ header, claims }) => {
    const text = input({ ...header, alg: 'RS256' }, claims)
    return `${text}.${encode(sign('sha256', Buffer.from(text), rsa.privateKey))}`
  },
  'S19 ES256, its signature kept': alg('ES256'),
  'S19 ES256 with a key of their own': ({ header, claims }) => {
    const text = input({ ...header, alg: 'ES256' }, claims)
    const key = { key: p256.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${text}.${encode(sign('sha256', Buffer.from(text), key))}`
  },
  'S18 another Ed25519 key under our kid': mine(() => ({})),
  'S23 kid missing': mine(() => ({ kid: undefined })),
  'S23 kid unknown': mine(() => ({ kid: 'AAAAAAAAAAAAAAAAAAAAAA' })),
  'S23 kid __proto__': mine(() => ({ kid: '__proto__' })),
  'S23 kid constructor': mine(() => ({ kid: 'constructor' })),
  'S23 kid ../../x': mine(() => ({ kid: '../../../../dev/null' })),
  "S23 kid ' or 1=1": mine(() => ({ kid: "' or '1'='1" })),
  'S23 kid with NUL': mine(({ header }) => ({ kid: `${String(header['kid'])}\0` })),
  'S23 kid a number': mine(() => ({ kid: 0 })),
  'S23 kid null': mine(() => ({ kid: null })),
  'S23 kid in a list': mine(({ header }) => ({ kid: [header['kid']] })),
  'S23 kid an object': mine(() => ({ kid: { length: 1 } })),
  'S23 jwk': mine(() => ({ jwk: ownJwk })),
  'S23 jwk without kid': mine(() => ({ jwk: ownJwk, kid: undefined })),
  'S23 jku': mine(({ url }) => ({ jku: url, kid: 'theirs' })),
  'S23 jku under our kid': mine(({ url }) => ({ jku: url })),
  'S23 x5u': mine(({ url }) => ({ x5u: url, x5c: ['AAAA'] })),
  'S18 payload a list': keeping({ payload: [{ sub: '1' }] }),
  'S18 payload null': keeping({ payload: 'null' }),
  'S18 payload a string': keeping({ payload: '"alice"' }),
  'S18 payload empty': keeping({ payload: {} }),
  'S18 payload not JSON': keeping({ payload: '{"sub":' }),
  'S18 payload not UTF-8': keeping({ payload: Buffer.from('7b22ff22', 'hex') }),
  'S18 payload with another role': (context) =>
    keeping({ payload: { ...context.claims, role: 'admin' } })(context),
  'S18 payload with another sub': (context) =>
    keeping({ payload: { ...context.claims, sub: '2' } })(context),
  'S18 header a list': keeping({ header: ['EdDSA'] }),
  'S18 header null': keeping({ header: 'null' }),
  'S18 header empty': keeping({ header: {} }),
  'S18 header not JSON': keeping({ header: 'EdDSA' }),
  'S18 signature missing': change(2, () => ''),
  'S18 signature of zeros': change(2, () => encode(Buffer.alloc(64))),
  'S18 signature cut': change(2, (part) => part.slice(0, -2)),
  'S18 signature longer': change(2, (part) => `${part}AA`),
  'S18 signature of another header': (context) =>
    keeping({ header: { ...context.header, cty: 'JWT' } })(context),
  'S18 signature padded': change(2, (part) => `${part}==`),
  'S18 payload padded': change(1, (part) => `${part}=`),
  'S18 base64 instead of base64url': change(2, (part) => `${part.slice(0, -3)}+/+`),
  'S18 a space inside': change(1, (part) => `${part.slice(0, 4)} ${part.slice(4)}`),
  'S18 empty parts': () => '..',
  'S18 no payload': change(1, () => ''),
  'S18 no header': change(0, () => ''),
  'S18 one part': () => 'eyJhbGciOiJFZERTQSJ9',
  'S18 two parts': ({ token }) => token.split('.').slice(0, 2).join('.'),
  'S18 four parts': ({ token }) => `${token}.AAAA`,
  'S18 five parts, as a JWE': ({ header }) =>
    `${encode({ ...header, alg: 'dir', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`,
  'S18 cut in the middle': ({ token }) => token.slice(0, token.length / 2),
  'S18 huge': ({ header, claims, token }) =>
    `${input(header, { ...claims, x: 'x'.repeat(15_000) })}.${token.split('.')[2]}`,
  'S18 deep': ({ header, token }) => `${input(header, '['.repeat(5000))}.${token.split('.')[2]}`,
  'S18 the word undefined': () => 'undefined',
}

await test('S18 S19 S23 no token that can be made without the key gets in anywhere', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const { publicPem } = await signingKey(node)
  const { keys } = await node.backend.keys.jwks()
  const fetched: Array<string | undefined> = []
  const theirs = createServer((request, reply) => {
    fetched.push(request.url)
    reply.end(JSON.stringify({ keys: [{ ...ownJwk, kid: 'theirs', alg: 'EdDSA' }] }))
  })
  await new Promise<void>((done) => void theirs.listen(0, '127.0.0.1', done))
  t.teardown(() => theirs.close())
  const url = `http://127.0.0.1:${(theirs.address() as AddressInfo).port}/jwks.json`

  for (const [name, forge] of Object.entries(ROWS)) {
    await t.test(name, async (t) => {
      for (const door of DOORS) {
        const token = door.type === 'access' ? alice.accessToken : alice.refreshToken
        const [header, claims] = [headerOf(token), claimsOf(token)]
        const forged = forge({ token, header, claims, pem: publicPem, jwk: keys[0] ?? {}, url })
        t.not(forged, token, 'it was altered')
        if (forged.length > (door.longest ?? Infinity)) continue
        refused(t, await knock(node, door, forged), 'Invalid token', door.name)
      }
    })
  }
  t.strictSame(fetched, [], 'no key was fetched from anywhere')
  t.match(await alice.get('/api/v1/protected'), { status: 200 }, 'the real one still gets in')
})

await test('S18 S23 a header that asks for what we do not do is refused, even if we signed it', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const { privateKey } = await signingKey(node)
  const headers: Record<string, Json> = {
    'crit of an unknown extension': { crit: ['x'], x: 1 },
    'crit of exp': { crit: ['exp'], exp: 1 },
    'crit empty': { crit: [] },
    'crit not a list': { crit: 'x' },
    'b64 that is critical': { crit: ['b64'], b64: false },
    'typ missing': { typ: undefined },
    'typ of another kind': { typ: 'at+jwt' },
    'typ a number': { typ: 1 },
    'alg Ed448': { alg: 'Ed448' },
    'kid missing': { kid: undefined },
  }
  for (const [name, more] of Object.entries(headers)) {
    for (const door of DOORS) {
      const token = door.type === 'access' ? alice.accessToken : alice.refreshToken
      const forged = signed({ ...headerOf(token), ...more }, claimsOf(token), privateKey)
      refused(t, await knock(node, door, forged), 'Invalid token', `${name}: ${door.name}`)
    }
  }
})
