import { test, type Test } from 'tap'
import { PASSWORD } from './session.ts'
import { opened, verified } from './signing-in.ts'

async function asked(t: Test) {
  const all = await opened(t)
  const { provider } = all
  provider.state.metadata = { userinfo_endpoint: `${provider.issuer}/userinfo` }
  return all
}

await test('what the ID token does not say is asked for', async (t) => {
  const { become, provider, goTo } = await asked(t)
  provider.state.userinfo = { ...verified('7', 'alice@example.com'), preferred_username: 'alice' }
  t.match(await become({ sub: '7' }), { username: 'alice', email: 'alice@example.com' })
  provider.state.userinfo = verified('8', 'alice@example.com')
  t.equal((await goTo(provider.visit)).error, 'sign_in_failed', 'of somebody else')
  provider.state.mute = ['/userinfo']
  t.equal((await goTo(provider.visit)).error, 'provider_unavailable')
})

await test('an address is verified by who tells it, not by who tells nothing of it', async (t) => {
  const { become, provider, local } = await asked(t)
  const alice = await local('alice', 'alice@example.com')
  provider.state.userinfo = { sub: '7', email: 'alice@example.com' }
  const stranger = await become({ sub: '7', email_verified: true })
  t.not(stranger.id, alice.id)
  t.match(stranger, { email: null, pending_email: 'alice@example.com' })
})

await test('an address that becomes somebody else’s when it is normalised takes over nothing', async (t) => {
  const { become, local } = await opened(t)
  const kate = await local('kate', 'kate@example.com')
  // KELVIN SIGN, which NFC makes a K of.
  const stranger = await become(verified('7', '\u{212A}ate@example.com'))
  t.not(stranger.id, kate.id)
  t.match(stranger, { email: null, pending_email: 'Kate@example.com' })
  const zoe = await become(verified('8', 'zoe\u{308}@example.com'))
  t.match(zoe, { pending_email: 'zo\u{eb}@example.com' }, 'it is kept as any other')
})

await test('S84 a claim that is not the address of one mailbox is no address', async (t) => {
  const { become } = await opened(t)
  const someone = await become(verified('7', '"quoted"@example.com'))
  t.match(someone, { email: null, pending_email: null })
})

await test('whoever registered with the address of somebody else keeps nothing of theirs', async (t) => {
  const { become, local, request } = await opened(t)
  const squatter = await local('squatter', 'alice@example.com', { isVerified: false })
  const alice = await become(verified('7', 'alice@example.com'))
  t.not(alice.id, squatter.id)
  const login = (identifier: string) =>
    request('POST', '/api/v2/auth/login', { body: { identifier, password: PASSWORD } })
  t.match(await login('alice@example.com'), { status: 401, body: { code: 'invalid_credentials' } })
  t.match(await login('squatter'), { status: 200 })
  t.equal((await become(verified('8', 'alice@example.com'))).id, alice.id)
})
