import { test, type Test } from 'tap'
import { type Reply, start } from '../../helper.ts'
import { codeOf, enableTotp, keyOf } from '../credentials.ts'
import { API, openPage } from './cookie-page.ts'
import { enter, events, join, login, PASSWORD, refused, stillClock } from './session.ts'

const URL = '/api/v2/auth/reauthenticate'
const NEW_PASSWORD = 'a louder place to read'

async function open(t: Test, env = {}) {
  const clock = stillClock()
  const node = await start(t, { clock, env: { JWT_ACCESS_TOKEN_EXPIRES: '3600', ...env } })
  const alice = await join(node, 'alice')
  /** Puts a second factor in force, from the session of alice's. @returns what the app shows next */
  async function enable() {
    const { body } = await alice.send('POST', '/api/v2/auth/totp')
    const secret = String(body.secret)
    const confirmed = await alice.send('POST', '/api/v2/auth/totp/confirm', {
      otp: codeOf(secret, node),
    })
    t.equal(confirmed.status, 200)
    clock.advance(60)
    return {
      codes: confirmed.body.recovery_codes as string[],
      next() {
        clock.advance(30)
        return codeOf(secret, node)
      },
    }
  }
  const isFresh = async (session = alice) =>
    (await session.send('POST', '/api/v2/auth/recovery-codes')).status === 200
  return { node, clock, alice, enable, isFresh }
}

/** How often the account was guessed at. */
const failures = async (node: Awaited<ReturnType<typeof open>>['node']) => {
  const { loginFailures } = node.backend.store.tables
  const rows = await node.backend.store.query((q) => q.select().from(loginFailures))
  return rows.reduce((sum, row) => sum + row.failures, 0)
}

await test('S86 where a factor is on, a session becomes fresh by password and code', async (t) => {
  const { node, clock, alice, enable, isFresh } = await open(t)
  const { codes, next } = await enable()
  clock.advance(16 * 60)
  const otp = next()
  const refusals: Array<[object, number, string]> = [
    [{ otp }, 422, 'validation_failed'],
    [{ password: PASSWORD }, 401, 'otp_required'],
    [{ password: 'wrong', otp }, 403, 'password_incorrect'],
    [{ password: PASSWORD, otp: '000000' }, 403, 'otp_incorrect'],
    [{ password: PASSWORD, otp: '' }, 422, 'validation_failed'],
  ]
  for (const [body, status, code] of refusals) {
    const before = await failures(node)
    refused(t, await alice.send('POST', URL, body), status, code)
    // One for the account, and one for the account from this network.
    t.equal((await failures(node)) - before, status === 403 ? 2 : 0, `${code}: what is counted`)
    t.notOk(await isFresh())
  }
  t.match(await alice.send('POST', URL, { password: PASSWORD, otp }), { status: 204 })
  t.ok(await isFresh())
  t.equal(await failures(node), 0, 'what was right is forgotten')
  clock.advance(16 * 60)
  refused(t, await alice.send('POST', URL, { password: PASSWORD, otp }), 403, 'otp_incorrect')
  // isFresh made new recovery codes.
  const [old = ''] = codes
  refused(t, await alice.send('POST', URL, { password: PASSWORD, otp: old }), 403, 'otp_incorrect')
  t.notOk(await isFresh())
  const told = (await events(node, 'reauthenticate')).map(({ outcome }) => outcome)
  t.strictSame(told, ['failure', 'failure', 'success', 'failure', 'failure'])
})

await test('S86 one code makes one session fresh, also when it comes at once', async (t) => {
  const { node, clock, alice, enable } = await open(t)
  const { next } = await enable()
  clock.advance(16 * 60)
  const body = { password: PASSWORD, otp: next() }
  const replies = await Promise.all(Array.from({ length: 4 }, () => alice.send('POST', URL, body)))
  const statuses = replies.map(({ status }) => String(status)).toSorted()
  t.strictSame(statuses, ['204', '403', '403', '403'])
  const told = (await events(node, 'reauthenticate')).map(({ outcome }) => outcome)
  t.equal(told.filter((outcome) => outcome === 'success').length, 1)
})

await test('S86 a new password needs the code as well, and the code is spent with it', async (t) => {
  const { node, clock, alice, enable } = await open(t)
  const { next } = await enable()
  clock.advance(16 * 60)
  const otp = next()
  const change = (more: object): Promise<Reply> =>
    alice.send('POST', '/api/v2/auth/password/change', {
      current_password: PASSWORD,
      new_password: NEW_PASSWORD,
      ...more,
    })
  refused(t, await change({}), 401, 'otp_required')
  refused(t, await change({ otp: '000000' }), 403, 'otp_incorrect')
  refused(t, await change({ otp, current_password: 'wrong' }), 403, 'password_incorrect')
  refused(t, await login(node, 'alice'), 401, 'otp_required', 'the old one is still good')
  t.match(await change({ otp }), { status: 204 })
  const again = { current_password: NEW_PASSWORD, new_password: PASSWORD }
  refused(t, await change({ ...again, otp }), 403, 'otp_incorrect', 'spent')
  refused(t, await login(node, 'alice', NEW_PASSWORD), 401, 'otp_required')
})

await test('S86 when a factor comes, the other sessions are fresh no more', async (t) => {
  const { node, alice, enable, isFresh } = await open(t)
  // Whoever knows the password alone was here just before.
  const intruder = { ...alice, ...(await enter(node, 'alice')) }
  await enable()
  t.ok(await isFresh(), 'who confirmed it has shown both')
  for (const [method, url, body] of [
    ['DELETE', '/api/v2/auth/totp'],
    ['POST', '/api/v2/auth/recovery-codes'],
    ['PATCH', '/api/v2/me', { email: 'e@example.com' }],
    ['DELETE', '/api/v2/me'],
  ] as const)
    refused(t, await intruder.send(method, url, body), 403, 'fresh_login_required')
  refused(t, await intruder.send('POST', URL, { password: PASSWORD }), 401, 'otp_required')
  t.ok(await node.backend.secondFactor.isActive(alice.id))
})

await test('S86 a factor that comes while a password is looked at is asked for', async (t) => {
  const node = await start(t, { env: { BCRYPT_COST: '10' } })
  const alice = await join(node, 'alice')
  const change = { current_password: PASSWORD, new_password: NEW_PASSWORD }
  const shown = [
    login(node, 'alice'),
    alice.send('POST', URL, { password: PASSWORD }),
    alice.send('POST', '/api/v2/auth/password/change', change),
  ]
  await enableTotp(node, { id: alice.id, username: 'alice' })
  for (const reply of await Promise.all(shown)) refused(t, reply, 401, 'otp_required')
})

await test('S86 a session in cookies steps up by both, too', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock, env: { PUBLIC_URL: API } })
  await node.backend.accounts.register({ username: 'alice', password: PASSWORD })
  const page = openPage(node)
  const identity = { identifier: 'alice', password: PASSWORD, transport: 'cookie' }
  await page.send('POST /auth/login', { body: identity, headers: { origin: API } })
  const offered = await page.send('POST /auth/totp')
  const key = String(offered.body.secret)
  await page.send('POST /auth/totp/confirm', { body: { otp: codeOf(key, node) } })
  clock.advance(14 * 60)
  await page.send('POST /auth/refresh')
  clock.advance(2 * 60)
  const stepUp = (body: object) => page.send('POST /auth/reauthenticate', { body })
  refused(t, await page.send('DELETE /auth/totp'), 403, 'fresh_login_required')
  refused(t, await stepUp({ password: PASSWORD }), 401, 'otp_required')
  t.match(await stepUp({ password: PASSWORD, otp: codeOf(key, node) }), { status: 204 })
  t.match(await page.send('DELETE /auth/totp'), { status: 204 })
})

await test('S86 a key steps up by nothing', async (t) => {
  const { node, alice } = await open(t)
  const person = { id: alice.id, username: 'alice' }
  const { key } = await keyOf(node, person, ['users:write', 'account:read'])
  const headers = { 'x-api-key': key }
  const body = { password: PASSWORD }
  refused(t, await node.request('POST', URL, { headers, body }), 403, 'insufficient_scope')
})
