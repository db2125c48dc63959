import { Secret, TOTP } from 'otpauth'
import { test, type Test } from 'tap'
import { start } from '../../helper.ts'

const PASSWORD = 'a quiet place to write'

async function scene(t: Test, options = {}) {
  const started = await start(t, options)
  const { request, clock } = started
  const alice = await started.as('alice')
  const auth = (path: string, body?: object) => alice.post(`/api/v2/auth/${path}`, body)
  /** What the app shows, so many steps from now. */
  const codeOf = (secret: string, steps = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({
      timestamp: clock.now().getTime() + steps * 30_000,
    })
  const logIn = (otp?: string, path = '/api/v2/auth/login') =>
    request('POST', path, {
      body: path.includes('v1')
        ? { username: 'alice', password: PASSWORD }
        : { identifier: 'alice', password: PASSWORD, ...(otp !== undefined && { otp }) },
    })
  /** Puts a second factor in force. */
  async function enable() {
    const { body } = await auth('totp')
    const secret = String(body.secret)
    const confirmed = await auth('totp/confirm', { otp: codeOf(secret) })
    t.equal(confirmed.status, 200)
    clock.advance(60)
    return { secret, codes: confirmed.body.recovery_codes as string[] }
  }
  return { ...started, alice, auth, codeOf, logIn, enable }
}

await test('a second factor is offered, confirmed, and asked for', async (t) => {
  const { auth, codeOf, logIn, clock } = await scene(t)
  const offer = await auth('totp')
  t.match(offer, {
    status: 201,
    body: {
      secret: /^[A-Z2-7]{32}$/,
      otpauth_uri: /^otpauth:\/\/totp\/Commonplace:alice\?/,
      qr_svg: /^<svg/,
    },
  })
  const { secret, otpauth_uri: uri } = offer.body
  t.equal(new URL(uri).searchParams.get('secret'), secret)
  t.match(await logIn(), { status: 200 }, 'an offer asks for nothing')

  for (const otp of ['000000', codeOf(secret, 2), codeOf(secret, -2), 'x', '١٢٣٤٥٦'])
    t.match(await auth('totp/confirm', { otp }), { status: 403, body: { code: 'otp_incorrect' } })
  t.match(await logIn(), { status: 200 })
  const confirmed = await auth('totp/confirm', { otp: codeOf(secret) })
  t.equal(confirmed.status, 200)
  const codes = confirmed.body.recovery_codes as string[]
  t.equal(new Set(codes).size, 10)
  for (const code of codes) t.match(code, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)

  const asked = await logIn()
  t.match(asked, { status: 401, body: { code: 'otp_required' } })
  t.equal(asked.headers['www-authenticate'], 'Bearer realm="commonplace"')
  t.match(await logIn(undefined, '/api/v1/login'), {
    status: 401,
    body: { message: 'A one-time password is required' },
  })
  t.match(await logIn(codeOf(secret)), { status: 401, body: { code: 'otp_invalid' } }, 'used')
  clock.advance(30)
  t.match(await logIn(codeOf(secret)), { status: 200 })
  t.match(await auth('totp'), { status: 409, body: { code: 'totp_active' } })
  t.match(await auth('totp/confirm', { otp: codeOf(secret) }), { status: 409 })
})

await test('a code is good for one step either way, and once', async (t) => {
  const { enable, codeOf, logIn, clock } = await scene(t)
  const { secret } = await enable()
  const before = codeOf(secret, -1)
  const after = codeOf(secret, 1)
  t.match(await logIn(codeOf(secret, -2)), { status: 401 })
  t.match(await logIn(codeOf(secret, 2)), { status: 401 })
  t.match(await logIn(before), { status: 200 })
  t.match(await logIn(before), { status: 401, body: { code: 'otp_invalid' } })
  t.match(await logIn(after), { status: 200 })
  t.match(await logIn(codeOf(secret)), { status: 401 }, 'none before the last that was used')
  clock.advance(60)
  const now = codeOf(secret)
  const replies = await Promise.all(Array.from({ length: 8 }, () => logIn(now)))
  t.equal(replies.filter(({ status }) => status === 200).length, 1, 'also when it comes at once')
})

await test('a recovery code is good once, wherever a one-time password is', async (t) => {
  const { enable, logIn, auth, alice } = await scene(t)
  const { codes } = await enable()
  const [first = '', second = '', third = ''] = codes
  t.match(await logIn(first.toUpperCase().replaceAll('-', ' ')), { status: 200 })
  t.match(await logIn(first), { status: 401, body: { code: 'otp_invalid' } })
  t.match(await auth('reauthenticate', { password: PASSWORD, otp: second }), { status: 204 })
  t.match(await auth('reauthenticate', { password: PASSWORD, otp: second }), {
    status: 403,
    body: { code: 'otp_incorrect' },
  })
  const renewed = await auth('recovery-codes')
  t.equal(renewed.status, 200)
  t.match(await logIn(third), { status: 401 }, 'new ones end the old ones')
  t.match(await logIn(renewed.body.recovery_codes[0]), { status: 200 })

  t.match(await alice.delete('/api/v2/auth/totp'), { status: 204 })
  t.match(await logIn(), { status: 200 })
  t.match(await alice.delete('/api/v2/auth/totp'), { status: 409, body: { code: 'totp_absent' } })
  t.match(await auth('recovery-codes'), { status: 409 })
  t.match(await auth('totp/confirm', { otp: '000000' }), { status: 409 })
})

await test('S14 codes cannot be guessed, and asking for one is no failure', async (t) => {
  const { enable, logIn, codeOf, clock } = await scene(t)
  const { secret } = await enable()
  for (let i = 0; i < 20; i++) t.match(await logIn(), { body: { code: 'otp_required' } })
  for (let i = 0; i < 5; i++) t.match(await logIn('000000'), { body: { code: 'otp_invalid' } })
  t.match(await logIn(codeOf(secret)), { status: 429, body: { code: 'too_many_attempts' } })
  clock.advance(2)
  t.match(await logIn(codeOf(secret)), { status: 200 })
})

await test('who changes the second factor must have logged in just now', async (t) => {
  const { auth, alice, enable, clock } = await scene(t, {
    env: { JWT_ACCESS_TOKEN_EXPIRES: '3600' },
  })
  await enable()
  clock.advance(15 * 60)
  for (const reply of [
    await auth('totp'),
    await auth('totp/confirm', { otp: '000000' }),
    await auth('recovery-codes'),
    await alice.delete('/api/v2/auth/totp'),
  ])
    t.match(reply, { status: 403, body: { code: 'fresh_login_required' } })
})

await test('the secret is sealed, moves to a new SECRET_KEY, and codes are digests', async (t) => {
  const old = 'k'.repeat(20) + '-the-old-value-of-it'
  const env = { SECRET_KEY: old }
  const { enable, backend, databaseUrl, clock } = await scene(t, { env })
  const { secret, codes } = await enable()
  const { totpFactors, recoveryCodes } = backend.store.tables
  const dump = JSON.stringify([
    await backend.store.query((q) => q.select().from(totpFactors)),
    await backend.store.query((q) => q.select().from(recoveryCodes)),
  ])
  t.notMatch(dump, secret)
  for (const code of codes) t.notOk(dump.includes(code) || dump.includes(code.replaceAll('-', '')))

  const both = { SECRET_KEY: `${'n'.repeat(20)}-the-new-value-of-it,${old}` }
  const second = await start(t, { databaseUrl, clock, env: both })
  t.equal(await second.backend.secondFactor.unreadable(), 0)
  t.equal(await second.backend.secondFactor.rewrap(), 1)
  t.equal(await second.backend.secondFactor.rewrap(), 0)
  t.equal(await backend.secondFactor.unreadable(), 1)
  clock.advance(60)
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: clock.now().getTime(),
  })
  const reply = await second.request('POST', '/api/v2/auth/login', {
    body: { identifier: 'alice', password: PASSWORD, otp: code },
  })
  t.equal(reply.status, 200)
})
