import * as fc from 'fast-check'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { claimsOf } from '../../api/v1/forge.ts'
import { enter, openSessions, register, stillClock, tokensOf } from '../../api/v2/session.ts'

const ORIGIN = { ip: '192.0.2.1', userAgent: undefined, requestId: 'r' }
const GRACE = 10

/** Some seconds pass, then the holder of the last token but so many refreshes, so many times at once. */
interface Step {
  seconds: number
  back: number
  times: number
}
const step = fc.record<Step>({
  seconds: fc.constantFrom(0, 1, 4, 9.999, 10, 10.001, 600),
  back: fc.constantFrom(0, 0, 0, 0, 1, 1, 2),
  times: fc.constantFrom(1, 1, 2, 5),
})

await test('S31 S32 S33 S34 whoever refreshes with whatever, whenever: there is one live token, or the session is over', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  const { tokens, sessions } = node.backend
  const { id } = await register(node, 'alice')
  const present = async (token: string) => {
    const expected = ['refresh'] as const
    const principal = await tokens.authenticate(token, claimsOf(token), expected)
    return sessions.rotate(principal, ORIGIN)
  }
  const outcome = (attempt: Promise<{ refreshToken: string }>) =>
    attempt.then(
      ({ refreshToken }) => refreshToken,
      (error: { code: string }) => error.code,
    )

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const session = await enter(node, 'alice')
      const chain = [session.refresh]
      let spentAt = -Infinity
      let over = false
      for (const { seconds, back, times } of steps) {
        clock.advance(seconds)
        const now = clock.now().getTime() / 1000
        const index = Math.max(0, chain.length - 1 - back)
        const told = await Promise.all(
          Array.from({ length: times }, () => outcome(present(chain[index] ?? ''))),
        )
        const isLast = index === chain.length - 1
        const isRecent = index === chain.length - 2 && now - spentAt <= GRACE
        if (over) {
          t.strictSame([...new Set(told)], ['TOKEN_REVOKED'])
        } else if (isLast) {
          t.equal(new Set(told).size, 1, 'one successor for all')
          chain.push(told[0] ?? '')
          spentAt = now
        } else if (isRecent) {
          t.strictSame([...new Set(told)], chain.slice(-1), 'the same again')
        } else {
          over = true
          t.equal(told.filter((code) => code === 'REFRESH_TOKEN_REUSED').length, 1)
          t.equal(told.filter((code) => code === 'TOKEN_REVOKED').length, times - 1)
        }
        const kept = await tokensOf(node, session.sid)
        const live = kept.filter(({ usedAt }) => usedAt === null)
        t.strictSame(
          live.map(({ jti }) => jti),
          [claimsOf(chain.at(-1) ?? '')['jti']],
        )
        t.equal((await openSessions(node, id)).includes(session.sid), !over)
      }
    }),
    { numRuns: 40 },
  )
})
