import { test } from 'tap'
import { start } from '../../helper.ts'
import {
  claimsOf,
  DOORS,
  EXPIRED,
  headerOf,
  type Json,
  knock,
  refused,
  signed,
  signingKey,
} from './forge.ts'

/** All of these are signed with the real key: the claim that is named is the only fault. */
interface Context {
  claims: Json & { iat: number; exp: number }
  now: number
  life: number
  other: Json
}
interface Row {
  name: string
  wrong: (context: Context) => Json
  message?: 'expired' | 'Token has been revoked'
}
const set = (number: string, claim: string, values: Record<string, unknown>): Row[] =>
  Object.entries(values).map(([what, value]) => ({
    name: `${number} ${claim} ${what}`,
    wrong: () => ({ [claim]: value }),
  }))

const TIMES = { missing: undefined, 'as a string': '9999999999', null: null, 'in a list': [9e9] }
const NAMES = { missing: undefined, empty: '', null: null, 'a number': 7, 'an object': { a: 1 } }

const ROWS: Row[] = [
  ...set('S20', 'exp', { ...TIMES, 'that is not whole': 9e9 + 0.5, 'beyond all integers': 1e300 }),
  { name: 'S20 exp 1 s ago', wrong: ({ now }) => ({ exp: now - 1 }), message: 'expired' },
  { name: 'S20 exp of this second', wrong: ({ now }) => ({ exp: now }), message: 'expired' },
  { name: 'S20 exp below zero', wrong: () => ({ exp: -1 }), message: 'expired' },
  ...set('S18', 'nbf', TIMES),
  { name: 'S18 nbf in a minute', wrong: ({ now }) => ({ nbf: now + 60 }) },
  ...set('S26', 'iat', TIMES),
  { name: 'S26 iat in a minute', wrong: ({ now }) => ({ iat: now + 60 }) },
  {
    name: 'S26 iat longer ago than the life of a token, exp in an hour',
    wrong: ({ now, life }) => ({ iat: now - life - 60, exp: now + 3600 }),
    message: 'expired',
  },
  ...set('S21', 'aud', { ...NAMES, wrong: 'elsewhere', longer: 'commonplace2' }),
  { name: 'S21 aud in a list', wrong: ({ claims }) => ({ aud: [claims['aud']] }) },
  { name: 'S22 aud of the other type', wrong: ({ other }) => ({ aud: other['aud'] }) },
  ...set('S21', 'iss', { ...NAMES, wrong: 'https://evil.test' }),
  { name: 'S21 iss with a slash', wrong: ({ claims }) => ({ iss: `${String(claims['iss'])}/` }) },
  ...set('S22', 'type', {
    ...NAMES,
    unknown: 'mail',
    'in capitals': 'ACCESS',
    inherited: '__proto__',
  }),
  { name: 'S22 type of the other one', wrong: ({ other }) => ({ type: other['type'] }) },
  ...set('S18', 'sid', NAMES),
  { name: 'S18 sid unknown', wrong: () => ({ sid: 'unknown' }), message: 'Token has been revoked' },
  ...set('S18', 'jti', NAMES),
  ...set('S18', 'sub', { ...NAMES, zero: '0', negative: '-1', padded: '01', hexadecimal: '0x1' }),
  ...set('S18', 'sub', { 'as a power': '1e0', 'with a space': ' 1', 'too large': '2147483648' }),
  { name: 'S18 sub unknown', wrong: () => ({ sub: '99999' }), message: 'Token has been revoked' },
]
await test('S18 S20 S21 S22 S26 a token with one wrong claim is refused everywhere', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  const { privateKey } = await signingKey(node)
  const { config } = node
  const tokens = { access: alice.accessToken, refresh: alice.refreshToken }
  const lives = { access: config.accessTokenExpires, refresh: config.refreshTokenExpires }

  for (const { name, wrong, message = 'Invalid token' } of ROWS) {
    await t.test(name, async (t) => {
      for (const door of DOORS) {
        const token = tokens[door.type]
        const claims = claimsOf(token) as Context['claims'] // this one is ours
        const other = claimsOf(tokens[door.type === 'access' ? 'refresh' : 'access'])
        const now = Math.floor(node.clock.now().getTime() / 1000)
        const payload = { ...claims, ...wrong({ claims, other, now, life: lives[door.type] }) }
        const forged = signed(headerOf(token), payload, privateKey)
        const expected = message === 'expired' ? EXPIRED[door.type] : message
        refused(t, await knock(node, door, forged), expected, door.name)
      }
    })
  }

  await t.test('signed anew and unchanged they get in, so each claim was the reason', async (t) => {
    for (const door of DOORS) {
      const fresh = await node.login('alice', alice.id)
      const token = door.type === 'access' ? fresh.accessToken : fresh.refreshToken
      const again = signed(headerOf(token), claimsOf(token), privateKey)
      t.equal(again, token, 'Ed25519 is deterministic')
      t.match(await knock(node, door, again), { status: 200 }, door.name)
    }
  })
})

await test('S22 a token of the other type is told from an invalid one', async (t) => {
  const node = await start(t)
  const { accessToken, refreshToken, get } = await node.as('alice')
  t.match(await get('/api/v1/protected'), { status: 200 }, 'so that it is remembered')
  for (const door of DOORS.filter(({ both }) => !both)) {
    const token = door.type === 'access' ? refreshToken : accessToken
    refused(t, await knock(node, door, token), 'Invalid token type', door.name)
  }
})

await test('S18 a session of someone else is no session', async (t) => {
  const node = await start(t)
  const [alice, mallory] = [await node.as('alice'), await node.as('mallory')]
  const { privateKey } = await signingKey(node)
  for (const door of DOORS) {
    const [own, foreign] = [alice, mallory].map(({ accessToken, refreshToken }) =>
      door.type === 'access' ? accessToken : refreshToken,
    )
    for (const claim of ['sub', 'sid']) {
      const claims = { ...claimsOf(own ?? ''), [claim]: claimsOf(foreign ?? '')[claim] }
      const forged = signed(headerOf(own ?? ''), claims, privateKey)
      refused(t, await knock(node, door, forged), 'Token has been revoked', `${door.name} ${claim}`)
    }
  }
})

await test('S30 a refresh token without a row is none, however well it is signed', async (t) => {
  const node = await start(t)
  const { refreshToken } = await node.as('alice')
  const { privateKey } = await signingKey(node)
  const claims = { ...claimsOf(refreshToken), jti: 'AAAAAAAAAAAAAAAAAAAAAA' }
  for (const door of DOORS.filter(({ type }) => type === 'refresh')) {
    const forged = signed(headerOf(refreshToken), claims, privateKey)
    refused(t, await knock(node, door, forged), 'Token has been revoked', door.name)
  }
})
