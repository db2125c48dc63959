import { test } from 'tap'
import { type Reply, start } from '../../helper.ts'
import { bearer, claimsOf } from '../v1/forge.ts'
import {
  events,
  login,
  me,
  openSessions,
  PASSWORD,
  refused,
  register,
  sessionOf,
} from './session.ts'

const EMAIL = 'Alice.B@example.com'

await test('a login takes the username or the email, and opens a session of its own', async (t) => {
  const node = await start(t)
  const { id } = await register(node, 'Alice', EMAIL)
  const sids: string[] = []
  for (const identifier of ['Alice', 'aLICE', 'Ａｌｉｃｅ', EMAIL, EMAIL.toUpperCase()]) {
    const reply = await login(node, identifier)
    t.match(reply, { status: 200, headers: { 'cache-control': 'no-store' } }, identifier)
    t.notOk(reply.headers['set-cookie'])
    const { body } = reply
    t.strictSame(Object.keys(body), [
      'transport',
      'access_token',
      'refresh_token',
      'token_type',
      'expires_in',
      'refresh_expires_in',
      'session_id',
    ])
    const lives = { token_type: 'Bearer', expires_in: 900, refresh_expires_in: 7 * 86_400 }
    t.match(body, { transport: 'body', ...lives })
    for (const [token, type] of [
      [body.access_token, 'access'],
      [body.refresh_token, 'refresh'],
    ])
      t.match(claimsOf(token), { sub: String(id), sid: body.session_id, type })
    t.match(await me(node, body.access_token), { status: 200, body: { id } })
    sids.push(body.session_id)
  }
  t.strictSame(await openSessions(node, id), sids.toSorted(), 'S17 each is a session of its own')
  t.equal((await events(node, 'login')).length, sids.length)
})

await test('a refused login says nothing but that it is refused', async (t) => {
  const node = await start(t)
  await register(node, 'alice', EMAIL)
  const reply = await login(node, 'alice', 'a wrong password')
  refused(t, reply, 401, 'invalid_credentials')
  t.match(reply.headers, {
    'www-authenticate': 'Bearer realm="commonplace"',
    'content-type': /^application\/problem\+json/,
    'cache-control': 'no-store',
  })
  t.notOk(/alice|token/i.test(reply.text))
  for (const crossed of [' alice', 'alice@', '@', 'alice.b＠example.com', "' or 1=1 --"])
    refused(t, await login(node, crossed), 401, 'invalid_credentials', crossed)
})

await test('S10 unknown, mistaken, suspended and unconfirmed users cannot be told apart', async (t) => {
  const node = await start(t)
  await register(node, 'alice', EMAIL)
  const { id } = await register(node, 'suspended', 'suspended@example.com')
  await node.backend.accounts.setStatus(id, 'suspended')
  await node.request('POST', '/api/v2/auth/register', {
    body: { username: 'pending', password: PASSWORD, email: 'pending@example.com' },
  })
  const tries: Array<[identifier: string, password: string]> = [
    ['alice', 'a wrong password'],
    [EMAIL, 'a wrong password'],
    ['suspended', PASSWORD],
    ['suspended@example.com', PASSWORD],
    ['pending@example.com', PASSWORD],
    ['nobody', PASSWORD],
    ['nobody@example.com', PASSWORD],
    ['alice', ''],
  ]
  const seen = new Set<string>()
  for (const [identifier, password] of tries) {
    const reply = await login(node, identifier, password, { headers: { 'x-request-id': 'same' } })
    refused(t, reply, 401, 'invalid_credentials', identifier)
    seen.add(comparable(reply))
  }
  t.equal(seen.size, 1, 'the same reply to the last byte')
  t.strictSame(await openSessions(node, id), [])
  t.match(await login(node, 'pending'), { status: 200 }, 'by its name it logs in')
})

function comparable({ status, headers: { date: _date, ...headers }, text }: Reply) {
  return JSON.stringify([status, headers, text])
}

await test('S7 S57 a login that is no login names every violation', async (t) => {
  const node = await start(t)
  const { id } = await register(node, 'alice')
  const good = { identifier: 'alice', password: PASSWORD }
  const send = (body: unknown) => node.request('POST', '/api/v2/auth/login', { body })
  const rows: Array<[body: unknown, pointers: string[]]> = [
    [{}, ['#/identifier', '#/password']],
    [{ identifier: 'alice' }, ['#/password']],
    [{ identifier: '', password: 5 }, ['#/identifier', '#/password']],
    [{ ...good, transport: 'header', code: '123456' }, ['#/code', '#/transport']],
    [{ username: 'alice', password: PASSWORD }, ['#/identifier', '#/username']],
    [{ ...good, identifier: 'x'.repeat(255) }, ['#/identifier']],
    [{ ...good, identifier: 'alice\0' }, ['#/identifier']],
    [{ ...good, password: '\ud800' }, ['#/password']],
    [[good], ['#']],
    ...[7, null, true, [PASSWORD], { $ne: '' }].map((value): [unknown, string[]] => [
      { identifier: value, password: value },
      ['#/identifier', '#/password'],
    ]),
  ]
  for (const [body, pointers] of rows) {
    const reply = await send(body)
    refused(t, reply, 422, 'validation_failed', JSON.stringify(body))
    const errors: Array<{ pointer: string }> = reply.body.errors
    const named = errors.map(({ pointer }) => pointer).toSorted()
    t.strictSame([...new Set(named)], pointers, JSON.stringify(body))
  }
  refused(t, await node.request('POST', '/api/v2/auth/login'), 415, 'unsupported_media_type')
  const headers = { 'content-type': 'application/json' }
  const broken = await node.request('POST', '/api/v2/auth/login', { body: '{"identifier', headers })
  refused(t, broken, 400, 'malformed_request')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(good).toString()
  const asForm = await node.request('POST', '/api/v2/auth/login', { body, headers: form })
  refused(t, asForm, 415, 'unsupported_media_type', 'a form is for v1')
  t.strictSame(await openSessions(node, id), [])
})

await test('a login ignores the token that comes with it', async (t) => {
  const node = await start(t)
  const { id } = await register(node, 'alice')
  const reply = await login(node, 'alice', PASSWORD, bearer('nonsense'))
  t.match(await me(node, sessionOf(node, reply).access), { status: 200, body: { id } })
})
