import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer } from '../v1/forge.ts'
import {
  enter,
  events,
  join,
  login,
  me,
  openSessions,
  PASSWORD,
  refresh,
  refused,
  stillClock,
} from './session.ts'

const URL = '/api/v2/auth/password/change'
const NEW = 'another place to write'
const change = (from: string, to: string) => ({ current_password: from, new_password: to })

async function open(t: Test) {
  const clock = stillClock()
  const node = await start(t, { clock })
  return { node, clock, alice: await join(node, 'alice') }
}

await test('S9 S40 a new password ends all other sessions, at once, and this one stays', async (t) => {
  const { node, alice } = await open(t)
  const other = await enter(node, 'alice')
  const plain = await node.login('alice', alice.id)
  const bob = await join(node, 'bob')
  t.match(await me(node, other.access), { status: 200 }, 'so that it is remembered')
  const reply = await alice.send('POST', URL, change(PASSWORD, NEW))
  t.match(reply, { status: 204, text: '' })

  for (const [access, token] of [
    [other.access, other.refresh],
    [plain.accessToken, plain.refreshToken],
  ] as const) {
    refused(t, await me(node, access), 401, 'token_revoked')
    refused(t, await refresh(node, token), 401, 'token_revoked')
    t.match(await node.request('POST', '/api/v1/refresh', bearer(token)), { status: 401 })
  }
  t.strictSame(await openSessions(node, alice.id), [alice.sid])
  t.match(await me(node, alice.access), { status: 200 })
  t.match(await refresh(node, alice.refresh), { status: 200 })
  t.match(await me(node, bob.access), { status: 200 })

  refused(t, await login(node, 'alice', PASSWORD), 401, 'invalid_credentials', 'the old one')
  t.match(await login(node, 'alice', NEW), { status: 200 })
  t.match(await events(node, 'password.change'), [
    { outcome: 'success', actorId: alice.id, targetId: String(alice.id) },
  ])
})

await test('S9 a wrong current password changes nothing, and counts as a failed login', async (t) => {
  const { node, clock, alice } = await open(t)
  const other = await enter(node, 'alice')
  for (let i = 0; i < 2; i++)
    t.match(await login(node, 'alice', 'wrong'), { status: 401 }, 'counted with these')
  for (let i = 0; i < 3; i++) {
    const reply = await alice.send('POST', URL, change('wrong', NEW))
    refused(t, reply, 403, 'password_incorrect')
  }
  for (const [name, reply] of [
    ['password change', await alice.send('POST', URL, change(PASSWORD, NEW))],
    ['login', await login(node, 'alice', PASSWORD)],
    [
      'reauthenticate',
      await alice.send('POST', '/api/v2/auth/reauthenticate', { password: PASSWORD }),
    ],
  ] as const) {
    refused(t, reply, 429, 'too_many_attempts', name)
    t.match(reply.headers, { 'retry-after': '1' })
  }
  t.match(await me(node, other.access), { status: 200 })
  t.equal((await openSessions(node, alice.id)).length, 2)
  const told = await events(node, 'password.change')
  t.strictSame(
    told.map(({ outcome }) => outcome),
    ['failure', 'failure', 'failure'],
  )
  clock.advance(1)
  t.match(await login(node, 'alice', PASSWORD), { status: 200 }, 'it is still the password')
})

await test('S1 S2 S3 a new password keeps the rules of a first one', async (t) => {
  const { node, alice } = await open(t)
  await node.request('POST', '/api/v2/auth/register', {
    body: { username: 'carol', password: PASSWORD, email: 'carol.beck@example.com' },
  })
  const carol = await enter(node, 'carol')
  const rows: Array<[password: string, code: string]> = [
    ['zqxj vk', 'too_short'],
    ['x'.repeat(129), 'too_long'],
    ['password1', 'common_password'],
    ['commonplace', 'same_as_product'],
    ['carol.beck', 'same_as_email_name'],
    ['CAROL.beck@example.com', 'same_as_email'],
  ]
  for (const [password, code] of rows) {
    const reply = await carol.send('POST', URL, change('wrong', password))
    refused(t, reply, 422, 'validation_failed', code)
    t.match(reply.body.errors, [{ pointer: '#/new_password', code }])
    t.equal(reply.body.errors.length, 1)
  }
  for (const [body, pointers] of [
    [{}, ['#/current_password', '#/new_password']],
    [{ current_password: 5, new_password: null }, ['#/current_password', '#/new_password']],
    [{ ...change(PASSWORD, NEW), username: 'alice' }, ['#/username']],
    [change(PASSWORD, `${NEW}\0`), ['#/new_password']],
  ] as const) {
    const reply = await alice.send('POST', URL, body)
    refused(t, reply, 422, 'validation_failed')
    const errors: Array<{ pointer: string }> = reply.body.errors
    t.strictSame(errors.map(({ pointer }) => pointer).toSorted(), pointers)
  }
  t.strictSame(await events(node, 'password.change'), [], 'and no guess was made')
  for (const username of ['alice', 'carol'])
    t.match(await login(node, username, PASSWORD), { status: 200 })
  t.match(await alice.send('POST', URL, change(PASSWORD, '🔑'.repeat(128))), { status: 204 })
  t.match(await login(node, 'alice', '🔑'.repeat(128)), { status: 200 })
})

await test('a password is changed with an access token only', async (t) => {
  const { node, alice } = await open(t)
  const body = change(PASSWORD, NEW)
  refused(t, await node.request('POST', URL, { body }), 401, 'token_missing')
  const byRefresh = await node.request('POST', URL, { ...bearer(alice.refresh), body })
  refused(t, byRefresh, 401, 'token_type_invalid')
  t.match(await login(node, 'alice', PASSWORD), { status: 200 })
})
