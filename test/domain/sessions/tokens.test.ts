import * as fc from 'fast-check'
import { test } from 'tap'
import { AUDIENCES, checkClaims } from '../../../src/domain/sessions/tokens.ts'

const NOW = 1_800_000_000
const rules = { issuer: 'https://example.com', lifetimes: { access: 900, refresh: 86_400 } }
const claims = (type: 'access' | 'refresh') => ({
  iss: rules.issuer,
  sub: '7',
  aud: AUDIENCES[type],
  exp: NOW + rules.lifetimes[type],
  nbf: NOW,
  iat: NOW,
  jti: 'j',
  sid: 's',
  type,
})
const check = (
  payload: unknown,
  seconds = NOW,
  expected: Array<'access' | 'refresh'> = ['access', 'refresh'],
) => checkClaims(payload, expected, rules, seconds * 1000)

await test('S20 S26 times hold to the second, and clocks may differ by five', async (t) => {
  for (const type of ['access', 'refresh'] as const) {
    const code = type === 'access' ? 'TOKEN_EXPIRED' : 'REFRESH_TOKEN_EXPIRED'
    const own = claims(type)
    const life = rules.lifetimes[type]
    t.equal(check(own, NOW), own)
    t.equal(check(own, NOW - 5), own, 'the clock of who made it is ahead')
    t.throws(() => check(own, NOW - 5.001), { code: 'TOKEN_INVALID' })
    t.throws(() => check({ ...own, nbf: 0 }, NOW - 6), { code: 'TOKEN_INVALID' }, 'iat alone')
    t.throws(() => check({ ...own, iat: 0 }, NOW - 6), { code: 'TOKEN_INVALID' }, 'nbf alone')
    t.equal(check(own, NOW + life - 0.001), own)
    t.throws(() => check(own, NOW + life), { code })
    const long = { ...own, exp: NOW + 10 * life }
    t.throws(() => check(long, NOW + life), { code }, 'whatever exp says')
    t.throws(() => check({ ...own, exp: NOW + 1 }, NOW + 1), { code }, 'exp before that')
  }
})

await test('S22 a token is of one type, and is told from what is none', async (t) => {
  t.throws(() => check(claims('access'), NOW, ['refresh']), { code: 'TOKEN_TYPE_INVALID' })
  t.throws(() => check(claims('refresh'), NOW, ['access']), { code: 'TOKEN_TYPE_INVALID' })
  const mixed = { ...claims('access'), aud: AUDIENCES.refresh }
  t.throws(() => check(mixed), { code: 'TOKEN_INVALID' })
})

await test('S18 whatever a payload is, it is refused in the words of the contract', async (t) => {
  const payloads = fc.oneof(
    fc.anything(),
    fc.record(
      Object.fromEntries(
        Object.entries(claims('access')).map(([claim, value]) => [
          claim,
          fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(value) }, fc.anything()),
        ]),
      ),
    ),
  )
  const codes = new Set<unknown>(['TOKEN_INVALID', 'TOKEN_TYPE_INVALID', 'TOKEN_EXPIRED'])
  const own = JSON.stringify(claims('access'))
  fc.assert(
    fc.property(payloads, (payload) => {
      try {
        const { aud, iss, type, sub } = check(payload, NOW, ['access'])
        // Other ids and other times of the same day may do.
        return (
          aud === 'commonplace' && iss === rules.issuer && type === 'access' && /^\d+$/.test(sub)
        )
      } catch (error) {
        return error instanceof Error && 'code' in error && codes.has(error.code)
      }
    }),
    { numRuns: 500 },
  )
  t.strictSame(check(JSON.parse(own)), claims('access'))
})
