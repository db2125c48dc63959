import { Secret, TOTP } from 'otpauth'
import { test } from 'tap'
import { actorOf, codeOf } from '../credentials.ts'
import { bearer } from '../v1/forge.ts'
import { refused } from './session.ts'
import { opened, pkce, verified } from './signing-in.ts'

await test('a code is good once, for 60 seconds, for whoever began, at its provider', async (t) => {
  const { goTo, spend, provider, people, clock } = await opened(t)
  provider.state.says = { sub: '7', preferred_username: 'alice' }
  const { code, verifier } = await goTo(provider.visit)
  const stranger = await goTo(provider.visit)
  const middle = Math.floor(code.length / 2)
  const altered = `${code.slice(0, middle)}${code[middle] === 'A' ? 'B' : 'A'}${code.slice(middle + 1)}`
  for (const [name, body] of Object.entries({
    'another verifier': { code, verifier: pkce().verifier },
    'that of another sign-in': { code, verifier: stranger.verifier },
    'an altered code': { code: altered, verifier },
  }))
    refused(t, await spend(body), 422, 'link_invalid', name)
  refused(t, await spend({ code, verifier }, 'other'), 422, 'link_invalid', 'another provider')
  t.strictSame(await people(), [])

  clock.advance(59)
  const replies = await Promise.all(Array.from({ length: 20 }, () => spend({ code, verifier })))
  t.equal(replies.filter(({ status }) => status === 200).length, 1, 'one of 20 at once')
  for (const reply of replies) if (reply.status !== 200) refused(t, reply, 422, 'link_invalid')
  t.equal((await people()).length, 1)
  refused(t, await spend({ code, verifier }), 422, 'link_invalid')
  clock.advance(2)
  refused(t, await spend({ code, verifier }), 422, 'link_invalid')
  const late = await goTo(provider.visit)
  clock.advance(60)
  refused(t, await spend(late), 422, 'validation_failed')
  refused(t, await spend({ code: late.code, verifier: late.verifier }), 422, 'link_invalid')
  const last = await goTo(provider.visit)
  t.equal((await spend({ code: last.code, verifier: last.verifier })).status, 200)
})

await test('an earlier code that was spent stays spent when a later one is', async (t) => {
  const { goTo, spend, provider } = await opened(t)
  provider.state.says = { sub: '7' }
  const first = await goTo(provider.visit)
  const second = await goTo(provider.visit)
  for (const { code, verifier } of [first, second])
    t.equal((await spend({ code, verifier })).status, 200)
  for (const { code, verifier } of [first, second])
    refused(t, await spend({ code, verifier }), 422, 'link_invalid')
})

await test('S78 a code that was spent makes no new account of one that was deleted', async (t) => {
  const { goTo, spend, provider, request, people } = await opened(t)
  provider.state.says = { sub: '7' }
  const { code, verifier } = await goTo(provider.visit)
  const { body } = await spend({ code, verifier })
  t.equal((await request('DELETE', '/api/v2/me', bearer(body.access_token))).status, 204)
  refused(t, await spend({ code, verifier }), 422, 'link_invalid')
  t.strictSame(await people(), [])
})

await test('many newcomers of one name, or one address, at once', async (t) => {
  const { goTo, spend, provider, people, linked } = await opened(t)
  const arrive = async (says: Record<string, unknown>) => {
    provider.state.says = { preferred_username: 'alice', ...says }
    return goTo(provider.visit)
  }
  const same = []
  for (const sub of ['1', '2', '3', '4', '5', '6']) same.push(await arrive({ sub }))
  const shared = []
  for (const sub of ['a', 'b', 'c']) shared.push(await arrive(verified(sub, 'a@example.com')))
  const replies = await Promise.all(
    [...same, ...shared].map(({ code, verifier }) => spend({ code, verifier })),
  )
  t.strictSame(new Set(replies.map(({ status }) => status)), new Set([200]))
  t.equal((await people()).length, 7, 'those who share an address share the account')
  t.equal((await linked()).length, 9)
})

await test('a second factor is asked for, and the code stays good meanwhile', async (t) => {
  const { become, request, goTo, spend, provider, clock, actions } = await opened(t)
  const alice = await become({ sub: '7' })
  const auth = (path: string, body?: object) =>
    request('POST', `/api/v2/auth/${path}`, { ...bearer(alice.token), ...(body && { body }) })
  const { secret } = (await auth('totp')).body
  const otp = (steps = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({
      timestamp: clock.now().getTime() + steps * 30_000,
    })
  t.equal((await auth('totp/confirm', { otp: otp() })).status, 200)
  clock.advance(60)

  const { code, verifier } = await goTo(provider.visit)
  refused(t, await spend({ code, verifier }), 401, 'otp_required')
  refused(t, await spend({ code, verifier, otp: '000000' }), 401, 'otp_invalid')
  const right = otp()
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => spend({ code, verifier, otp: right })),
  )
  t.equal(replies.filter(({ status }) => status === 200).length, 1)
  clock.advance(30)
  refused(t, await spend({ code, verifier, otp: otp() }), 422, 'link_invalid', 'a spent code')
  t.ok((await actions('login.provider')).some(({ outcome }) => outcome === 'failure'))
  // Without the provider a code shows less than a login does.
  const shown = { password: '!', otp: otp(1) }
  refused(t, await auth('reauthenticate', shown), 409, 'password_absent')

  clock.advance(300)
  const other = await goTo(provider.visit)
  for (let i = 0; i < 5; i++)
    await spend({ code: other.code, verifier: other.verifier, otp: '000000' })
  t.match(await spend({ code: other.code, verifier: other.verifier, otp: otp() }), {
    status: 429,
    body: { code: 'too_many_attempts' },
  })
})

await test('an address leads past no second factor, and links nothing before it', async (t) => {
  const all = await opened(t)
  const { local, goTo, spend, provider, linked, actions, clock } = all
  const alice = await local('alice', 'alice@example.com')
  const { secret } = await all.backend.secondFactor.begin(actorOf(alice))
  await all.backend.secondFactor.confirm(actorOf(alice), codeOf(secret, all))
  provider.state.says = verified('7', 'alice@example.com')
  clock.advance(60)
  const { code, verifier } = await goTo(provider.visit)
  refused(t, await spend({ code, verifier }), 401, 'otp_required')
  refused(t, await spend({ code, verifier, otp: '000000' }), 401, 'otp_invalid')
  t.strictSame(await linked(), [])
  t.strictSame(await actions('identity.link'), [])
  t.equal((await spend({ code, verifier, otp: codeOf(secret, all) })).status, 200)
  t.match(await linked(), [{ userId: alice.id, subject: '7' }])
})
