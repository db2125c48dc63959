import { test } from 'tap'
import { start } from '../../helper.ts'
import { keyOf } from '../credentials.ts'
import { badIds, unknownMembers, wrongTypes } from '../faults.ts'
import { refuses, refusesOutsiders } from './refusals.ts'

const PRIVATE = ['PUT /users/1', 'DELETE /users/1', 'GET /me', 'GET /protected']

await test('users refuse', async (t) => {
  const started = await start(t)
  await started.as('first')
  await t.test('S22 S38 whoever has no valid access token', (t) =>
    refusesOutsiders(t, started, PRIVATE),
  )
  const alice = await started.as('alice')
  const user = { username: 'newcomer', password: 'a lantern in the attic' }
  const put = `PUT /users/${alice.id}`
  const call = 'POST /users'

  await t.test('S45 whoever would edit or delete the account of another', async (t) => {
    for (const by of [await started.as('bob'), await started.as('mod', 'moderator')])
      await refuses(t, started, by, [
        {
          call: put,
          body: { email: 'theirs@example.com' },
          status: 403,
          message: 'You can only edit your own users',
        },
        {
          call: `DELETE /users/${alice.id}`,
          status: 403,
          message: 'You can only delete your own users',
        },
      ])
  })
  await t.test('S45 a user who is absent', async (t) => {
    const absent = { status: 404, message: 'User not found' }
    for (const by of [alice, await started.as('boss', 'admin')])
      await refuses(t, started, by, [
        { call: 'GET /users/2147483647', ...absent },
        { call: 'PUT /users/2147483647', body: { phone: null }, ...absent },
        { call: 'DELETE /users/2147483647', ...absent },
      ])
  })
  await t.test('S47 a member that is not theirs, by its name', async (t) => {
    const status = 400
    await refuses(t, started, alice, [
      ...unknownMembers(call, user),
      ...unknownMembers(put, { phone: null }),
      { call: put, body: { password: 'x' }, status, message: /^"password" is not a member/ },
      { call: put, body: { status: 'active' }, status, message: /^"status" is not a member/ },
      { call, body: { ...user, is_admin: true }, status, message: /^"is_admin" is not a member/ },
    ])
  })
  await t.test('S47 an admin who would change a role here', async (t) => {
    await refuses(t, started, await started.as('boss', 'admin'), unknownMembers(put, {}))
  })
  await t.test('S51 S58 what is no id, before it is looked for', async (t) => {
    await refuses(
      t,
      started,
      alice,
      badIds([
        { call: 'GET /users/{id}' },
        { call: 'PUT /users/{id}', body: { phone: null } },
        { call: 'DELETE /users/{id}' },
      ]),
    )
  })
  await t.test('S7 S56 a value of another type: null clears email and phone alone', async (t) => {
    const kinds = { username: 'string', password: 'string' } as const
    await refuses(t, started, alice, [
      ...wrongTypes(call, user, { ...kinds, email: 'string', phone: 'string' }),
      ...wrongTypes(
        put,
        {},
        {
          username: 'string',
          email: 'nullable string',
          phone: 'nullable string',
        },
      ),
    ])
  })
  await t.test('what is missing', async (t) => {
    const status = 400
    const least = 'The body must have at least 1 member of username, email, phone'
    await refuses(t, started, alice, [
      { call, body: {}, status, message: 'username is required; password is required' },
      { call, body: { username: 'newcomer' }, status, message: 'password is required' },
      { call, body: { password: user.password }, status, message: 'username is required' },
      { call: put, body: {}, status, message: least },
    ])
  })
  await t.test('/partially-protected: a token that is sent must be valid', async (t) => {
    const rows = [
      ['Bearer nonsense', 'Invalid token'],
      [`Bearer ${alice.refreshToken}`, 'Invalid token type'],
    ] as const
    await refuses(
      t,
      started,
      undefined,
      rows.map(([authorization, message]) => ({
        call: 'GET /partially-protected',
        headers: { authorization },
        status: 401,
        message,
      })),
    )
  })
})

await test('S78 an email and the end of an account, to keys and to old logins', async (t) => {
  const started = await start(t)
  const owner = await started.as('owner')
  const own = `/users/${owner.id}`
  const { key } = await keyOf(started, owner, ['users:write'])
  const refused = (headers: Record<string, string>, message: RegExp, code: string) => {
    const way = { headers, status: 403, message, code }
    return refuses(t, started, undefined, [
      { call: `PUT ${own}`, body: { email: 'thief@example.com' }, ...way },
      { call: `PUT ${own}`, body: { email: null, phone: null }, ...way },
      { call: `DELETE ${own}`, ...way },
    ])
  }
  const headers = { 'x-api-key': key }
  await refused(headers, /^API keys cannot do this$/, 'insufficient_scope')
  const phone = { body: { phone: '+123' }, headers }
  t.match(await started.request('PUT', `/api/v1${own}`, phone), { status: 200 })
  started.clock.advance(15 * 60 + 1)
  const { refreshToken } = owner
  const { body } = await started.request('POST', '/api/v1/refresh', {
    body: { refresh_token: refreshToken },
  })
  await refused(
    { authorization: `Bearer ${body.access_token}` },
    /^Confirm who you are first/,
    'fresh_login_required',
  )
  const again = await started.login('owner', owner.id)
  t.match(await again.put(`/api/v1${own}`, { email: 'new@example.com' }), { status: 200 })
  t.match(await again.delete(`/api/v1${own}`), { status: 204 })
})
