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
import type { Client, Refusal } from '../refusals.ts'
import { refuses } from './refusals.ts'

const PASSWORD = 'a lantern in the attic'
const missing = (call: string, body: object, ...members: string[]): Refusal =>
  invalid(
    { call, body },
    ...members.map((member) => ({
      pointer: `#/${member}`,
      code: 'required',
      detail: `${member} is required`,
    })),
  )

await test('the operations of authentication refuse', async (t) => {
  const started = await start(t)
  const alice = await started.as('alice')
  const registration = { username: 'newcomer', password: PASSWORD, email: 'new@example.com' }
  const credentials = { identifier: 'alice', password: alice.password }
  const change = { current_password: alice.password, new_password: PASSWORD }
  const bodies: Array<[call: string, by: Client | undefined, texts: Record<string, string>]> = [
    ['POST /auth/register', undefined, registration],
    ['POST /auth/login', undefined, credentials],
    ['POST /auth/refresh', undefined, { refresh_token: alice.refreshToken }],
    ['POST /auth/reauthenticate', alice, { password: alice.password }],
    ['POST /auth/password/change', alice, change],
  ]
  for (const [call, by, texts] of bodies)
    await t.test(call, async (t) => {
      const kinds = Object.fromEntries(Object.keys(texts).map((name) => [name, 'string' as const]))
      await t.test('S47 a member that is not theirs, by its name', (t) =>
        refuses(t, started, by, [
          ...unknownMembers(call, texts),
          unknownMember(call, { ...texts, is_admin: true }, 'is_admin'),
          unknownMember(call, { ...texts, access_token: 'x' }, 'access_token'),
        ]),
      )
      await t.test('S7 S56 a value of another type', (t) =>
        refuses(t, started, by, wrongTypes(call, texts, kinds)),
      )
      await t.test('S57 what no database keeps', (t) =>
        refuses(t, started, by, unstorableTexts(call, texts)),
      )
    })

  await t.test('what is missing', async (t) => {
    await refuses(t, started, undefined, [
      missing('POST /auth/register', {}, 'username', 'password'),
      missing('POST /auth/register', { username: 'newcomer' }, 'password'),
      missing('POST /auth/login', {}, 'identifier', 'password'),
      missing('POST /auth/login', { password: PASSWORD }, 'identifier'),
    ])
    await refuses(t, started, alice, [
      invalid(
        { call: 'POST /auth/reauthenticate', body: {} },
        {
          pointer: '#',
          code: 'required',
          detail: 'The body must have at least 1 member of password, otp',
        },
      ),
      missing('POST /auth/password/change', {}, 'current_password', 'new_password'),
      missing('POST /auth/password/change', { new_password: PASSWORD }, 'current_password'),
    ])
    const token = { status: 401, code: 'token_missing', message: 'Missing token' }
    await refuses(t, started, undefined, [
      { call: 'POST /auth/refresh', ...token },
      { call: 'POST /auth/refresh', body: {}, ...token },
    ])
  })
  await t.test('a word that is none of those there are', async (t) => {
    await refuses(
      t,
      started,
      undefined,
      wrongChoices('POST /auth/login', credentials, 'transport', ['body', 'cookie']),
    )
    await refuses(t, started, alice, [
      ...wrongChoices('POST /auth/logout', {}, 'scope', ['this', 'others', 'all']),
      ...unknownMembers('POST /auth/logout', {}),
    ])
  })
  await t.test('a token that is longer than any of ours', (t) => {
    const detail = 'refresh_token must have at most 4096 characters'
    return refuses(t, started, undefined, [
      invalid(
        {
          call: 'POST /auth/refresh',
          body: { refresh_token: 'x'.repeat(4097) },
          name: 'long',
        },
        { pointer: '#/refresh_token', code: 'too_long', detail },
      ),
    ])
  })
  await t.test('S51 a session that is not theirs, as if it were not there', async (t) => {
    const bob = await started.as('bob')
    const { body } = await bob.get('/api/v2/auth/sessions')
    const absent = { status: 404, code: 'not_found', message: 'Session not found' }
    await refuses(t, started, alice, [
      { call: `DELETE /auth/sessions/${body.data[0].id}`, ...absent },
      { call: `DELETE /auth/sessions/${'A'.repeat(22)}`, ...absent },
    ])
  })
})
