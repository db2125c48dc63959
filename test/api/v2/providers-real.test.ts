import { setTimeout as sleep } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { realProvider } from '../../openid/real.ts'
import { bearer } from '../v1/forge.ts'
import { browsers, providersOf } from './signing-in.ts'

const CALLBACK = 'http://localhost:3000/api/v2/auth/providers/example/callback'

async function scene(t: Test) {
  const provider = await realProvider(t, CALLBACK)
  const started = await start(t, { env: providersOf(provider.issuer) })
  const me = async (token: string) =>
    (await started.request('GET', '/api/v2/me', bearer(token))).body
  return { ...started, ...browsers(started), provider, me }
}

await test('a real provider: the first sign-in makes an account, the second finds it', async (t) => {
  const { provider, signIn, me } = await scene(t)
  provider.people['7'] = {
    email: 'alice@example.com',
    email_verified: true,
    preferred_username: 'alice',
  }
  provider.be('7')
  const first = await signIn(provider.visit)
  t.match(first, { status: 200, body: { transport: 'body', token_type: 'Bearer' } })
  const account = await me(first.body.access_token)
  t.match(account, { username: 'alice', email: 'alice@example.com', pending_email: null })
  const second = await signIn(provider.visit)
  t.match(await me(second.body.access_token), { id: account.id })
  provider.people['8'] = { name: 'Bob Baker', email: 'alice@example.com' }
  provider.be('8')
  const third = await signIn(provider.visit)
  t.match(await me(third.body.access_token), {
    username: 'Bob-Baker',
    email: null,
    pending_email: 'alice@example.com',
  })
})

await test('a real provider: who says no comes back with access_denied', async (t) => {
  const { provider, goTo } = await scene(t)
  provider.be(undefined)
  const { at, error, code } = await goTo(provider.visit)
  t.equal(error, 'access_denied')
  t.equal(code, '')
  t.equal(at?.origin, 'https://app.example.com')
})

await test('a real provider: a code that expired there, or was used, lets nobody in', async (t) => {
  const { provider, begin, comeBack } = await scene(t)
  provider.people['7'] = {}
  provider.be('7')
  const { url, cookie } = await begin()
  const back = await provider.visit(url)
  t.equal((await comeBack(back, cookie)).error, undefined)
  t.equal((await comeBack(back, cookie)).error, 'sign_in_failed', 'a replay of the return')
  const twice = await begin()
  const once = await provider.visit(twice.url)
  const both = await Promise.all([comeBack(once, twice.cookie), comeBack(once, twice.cookie)])
  t.ok(both.filter(({ code }) => code !== '').length <= 1, 'two at once')
  provider.codesLive(1)
  const late = await begin()
  const tooLate = await provider.visit(late.url)
  // It has a clock of its own.
  await sleep(2100)
  t.equal((await comeBack(tooLate, late.cookie)).error, 'sign_in_failed', 'an expired code')
})

await test('a real provider: a forged state, another nonce and another issuer lead nowhere', async (t) => {
  const { provider, begin, comeBack, backend } = await scene(t)
  provider.people['7'] = {}
  provider.be('7')
  const { url, cookie } = await begin()
  const forged = new URL(await provider.visit(url))
  forged.searchParams.set('state', 'x'.repeat(22))
  const { reply } = await comeBack(forged.href, cookie)
  t.match(reply, { status: 422, body: { code: 'state_mismatch' } })

  const next = await begin()
  const altered = new URL(next.url)
  altered.searchParams.set('nonce', 'x'.repeat(43))
  const back = await provider.visit(altered.href)
  t.equal((await comeBack(back, next.cookie)).error, 'sign_in_failed', 'another nonce')

  const last = await begin()
  const mixed = new URL(await provider.visit(last.url))
  t.equal(mixed.searchParams.get('iss'), provider.issuer)
  mixed.searchParams.delete('iss')
  t.equal((await comeBack(mixed.href, last.cookie)).error, 'sign_in_failed', 'no issuer')
  mixed.searchParams.set('iss', 'https://evil.test')
  t.equal((await comeBack(mixed.href, last.cookie)).error, 'sign_in_failed', 'another issuer')
  mixed.searchParams.set('iss', provider.issuer)
  t.ok((await comeBack(mixed.href, last.cookie)).code, 'its code was not spent')
  t.equal(await backend.accounts.count(), 0)
})

await test('a real provider that goes down between start and return', async (t) => {
  const { provider, begin, comeBack } = await scene(t)
  provider.people['7'] = {}
  provider.be('7')
  const { url, cookie } = await begin()
  const back = await provider.visit(url)
  await provider.stop()
  t.equal((await comeBack(back, cookie)).error, 'provider_unavailable')
})
