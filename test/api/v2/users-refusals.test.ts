import { test } from 'tap'
import { start } from '../../helper.ts'
import {
  invalid,
  unknownMember,
  unknownMembers,
  unstorableTexts,
  wrongChoices,
  wrongTypes,
} from '../faults.ts'
import { NO_USER, NOT_ADMIN, refuses } from './refusals.ts'

const LETTERS = 'must consist of letters, digits, ".", "_" and "-"'
const EMAIL =
  'must be an email address: no spaces, quotes or brackets, and a host name behind the "@"'

await test('/me refuses', async (t) => {
  const started = await start(t)
  const { as } = started
  const alice = await as('alice')
  await as('bob')
  const call = 'PATCH /me'

  await t.test('S47 a member that is not theirs, by its name', (t) =>
    refuses(t, started, alice, [
      ...unknownMembers(call, { phone: null }),
      ...['password', 'status', 'pending_email', 'email_key', 'updated_at'].map((member) =>
        unknownMember(call, { phone: null, [member]: 'x' }, member),
      ),
    ]),
  )
  await t.test('S7 S56 a value of another type: null clears email and phone alone', (t) =>
    refuses(
      t,
      started,
      alice,
      wrongTypes(
        call,
        {},
        { username: 'string', email: 'nullable string', phone: 'nullable string' },
      ),
    ),
  )
  await t.test('S57 what no database keeps', (t) =>
    refuses(
      t,
      started,
      alice,
      unstorableTexts(call, { username: 'newcomer', email: 'a@b', phone: '+12' }),
    ),
  )
  await t.test('a patch that changes nothing', (t) => {
    const detail = 'The body must have at least 1 member of username, email, phone'
    return refuses(t, started, alice, [
      invalid({ call, body: {} }, { pointer: '#', code: 'required', detail }),
    ])
  })
  await t.test('what breaks the rules of the fields, every one at once', async (t) => {
    const rows: Array<[member: string, value: string, code: string, detail: string]> = [
      ['username', 'ab', 'too_short', 'username must have at least 3 characters'],
      ['username', 'x'.repeat(33), 'too_long', 'username must have at most 32 characters'],
      ['username', 'a b', 'invalid_characters', `username ${LETTERS}`],
      ['username', 'a@b', 'invalid_characters', `username ${LETTERS}`],
      ['username', 'ＲＯＯＴ', 'reserved', 'username is reserved'],
      ['email', 'alice', 'wrong_format', 'email must look like alice@example.com'],
      ['email', 'a\u200B@b', 'invalid_email', `email ${EMAIL}`],
      ['email', `${'x'.repeat(253)}@y`, 'too_long', 'email must have at most 254 characters'],
      ['phone', '0123', 'wrong_format', 'phone must look like +4915112345678'],
    ]
    await refuses(
      t,
      started,
      alice,
      rows.map(([member, value, code, detail]) =>
        invalid({ call, body: { [member]: value } }, { pointer: `#/${member}`, code, detail }),
      ),
    )
    const body = { username: 5, email: 'x', phone: 'x', role: 'admin' }
    const reply = await alice.patch('/api/v2/me', body)
    const pointers = reply.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    t.strictSame(pointers.toSorted(), ['#/email', '#/phone', '#/role', '#/username'])
  })
  await t.test('a name that is taken, however it is spelled', (t) =>
    refuses(
      t,
      started,
      alice,
      ['bob', 'BOB', 'ｂｏｂ'].map((username) => ({
        call,
        body: { username },
        status: 409,
        code: 'username_taken',
        message: 'Username already exists',
      })),
    ),
  )
})

await test('/users/{id} refuses', async (t) => {
  const started = await start(t)
  const { as } = started
  const alice = await as('alice')
  const boss = await as('boss', 'admin')
  const patch = `PATCH /users/${alice.id}`
  const remove = `DELETE /users/${alice.id}`
  const roles = ['user', 'moderator', 'admin']

  await t.test('S45 whoever is no admin, themselves too', async (t) => {
    for (const by of [alice, await as('bob'), await as('mod', 'moderator')])
      await refuses(t, started, by, [
        { call: patch, body: { role: 'admin' }, ...NOT_ADMIN },
        { call: patch, body: { status: 'suspended' }, ...NOT_ADMIN },
        { call: remove, ...NOT_ADMIN },
      ])
  })
  await t.test('S45 a user who is absent', async (t) => {
    const absent = '/users/2147483647'
    await refuses(t, started, undefined, [{ call: `GET ${absent}`, ...NO_USER }])
    for (const by of [alice, boss])
      await refuses(t, started, by, [
        { call: `GET ${absent}`, ...NO_USER },
        { call: `PATCH ${absent}`, body: { role: 'user' }, ...NO_USER },
        { call: `DELETE ${absent}`, ...NO_USER },
      ])
  })
  await t.test('S47 a member that is not for them to change, by its name', (t) =>
    refuses(t, started, boss, [
      ...unknownMembers(patch, { status: 'active' }, ['role']),
      ...['username', 'phone', 'pending_email', 'password_hash'].map((member) =>
        unknownMember(patch, { role: 'user', [member]: 'x' }, member),
      ),
    ]),
  )
  await t.test('S56 S57 what is no role and no status', (t) =>
    refuses(t, started, boss, [
      ...wrongChoices(patch, {}, 'role', roles),
      ...wrongChoices(patch, {}, 'status', ['active', 'suspended']),
      ...unstorableTexts(patch, { role: 'user', status: 'active' }),
    ]),
  )
  await t.test('a patch that changes nothing', (t) => {
    const detail =
      'The body must have at least 1 member of role, status, email, password, must_change_password'
    return refuses(t, started, boss, [
      invalid({ call: patch, body: {} }, { pointer: '#', code: 'required', detail }),
    ])
  })
})

await test('what is refused first: the token, the input, the absent, the role, the precondition', async (t) => {
  const started = await start(t)
  const { as, request } = started
  const alice = await as('alice')
  const bob = await as('bob')
  const boss = await as('boss', 'admin')
  const [absent, present] = ['/api/v2/users/2147483647', `/api/v2/users/${alice.id}`]
  const json = { 'content-type': 'application/json', 'if-match': '"a0"' }
  const code = async (by: typeof bob | undefined, url: string, body: string, type?: string) => {
    const headers = { ...json, ...(type && { 'content-type': type }) }
    const reply = by
      ? await by.send('PATCH', url, body, { headers })
      : await request('PATCH', url, { body, headers })
    return reply.body.code
  }
  for (const url of [absent, present]) {
    t.equal(await code(undefined, url, '{', 'text/plain'), 'token_missing', url)
    for (const by of [bob, boss]) {
      t.equal(await code(by, url, '{', 'text/plain'), 'unsupported_media_type', url)
      t.equal(await code(by, url, '{'), 'malformed_request', url)
      t.equal(await code(by, url, '{"role":"root"}'), 'validation_failed', url)
    }
  }
  for (const by of [bob, boss])
    t.equal(await code(by, absent, '{"role":"user"}'), 'not_found', by.username)
  t.equal(await code(bob, present, '{"role":"user"}'), 'insufficient_role')
  t.equal(await code(boss, present, '{"role":"user"}'), 'precondition_failed')
})
