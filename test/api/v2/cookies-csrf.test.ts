import { test } from 'tap'
import { createSecrets } from '../../../src/domain/secrets.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { API, open, openPage, PASSWORD, setCookies } from './cookie-page.ts'

const APP = 'https://app.example.com'
const REFUSED = { status: 403, body: { code: 'csrf_failed' } }

await test('S37 no unsafe operation is done by cookie without the CSRF token', async (t) => {
  const { app, audit, page, state } = await open(t)
  const alice = page()
  await alice.login()
  const before = await state()
  const { id } = before.users[0]!
  const operations = app.operations.filter(
    ({ version, config }) => version === 2 && config.access !== 'public',
  )
  const path = (template: string) => template.replace('/api/v2', '').replaceAll(/\{\w+\}/g, '1')
  const unsafe = operations.filter(({ method }) => method !== 'GET')
  t.ok(unsafe.length >= 8, `${unsafe.length} operations`)
  for (const operation of unsafe) {
    const known = await audit()
    const call = `${operation.method} ${path(operation.path)}`
    const reply = await alice.send(call, { headers: { 'x-csrf-token': '' } })
    t.match(reply, { ...REFUSED, body: { detail: /missing/ } }, call)
    t.strictSame(setCookies(reply), [], call)
    const denied = `access.denied denied ${id} operation ${operation.id}`
    t.strictSame((await audit()).slice(known.length), [denied])
  }
  t.strictSame(await state(), before)

  for (const operation of operations.filter(({ method }) => method === 'GET'))
    for (const method of ['GET', 'HEAD']) {
      const call = `${method} ${path(operation.path)}`
      // It says that it would take a stream, where there is one: the test waits for no end.
      const accept = operation.id === 'streamEvents' ? { accept: 'text/event-stream' } : {}
      const reply = await alice.send(call, { headers: { 'x-csrf-token': '', ...accept } })
      t.not(reply.body?.code, 'csrf_failed', call)
      t.not(reply.status, 401, call)
    }
})

await test('S37 the CSRF token is that of the session, and of no other', async (t) => {
  const { page, state } = await open(t)
  const [alice, elsewhere, bob] = [page(), page(), page()]
  await alice.login()
  await elsewhere.login()
  await bob.login('bob')
  const foreign = createSecrets(['another value of SECRET_KEY, also long enough'], randomIds)
  const [session] = (await state()).sessions
  const csrf = alice.csrf()
  const wrong = {
    nonsense: 'nonsense',
    'cut off': csrf.slice(0, -1),
    'too long': `${csrf}A`,
    'another end': csrf.replace(/.$/, (end) => (end === 'A' ? 'E' : 'A')),
    'without its key': csrf.replace(/^[^.]*/, ''),
    twice: `${csrf}, ${csrf}`,
    'of another session': elsewhere.csrf(),
    'of somebody else': bob.csrf(),
    'for another use': `${csrf.split('.')[0]}.${'A'.repeat(43)}`,
    'of a key that is not there': foreign.mac('csrf', session?.id ?? ''),
    'the id of the session': session?.id ?? '',
    'very long': 'A'.repeat(8000),
  }
  const before = await state()
  for (const [name, token] of Object.entries(wrong))
    for (const call of ['PATCH /me', 'POST /auth/refresh', 'POST /auth/logout', 'DELETE /me']) {
      const body = call === 'PATCH /me' ? { phone: '+31201234567' } : undefined
      const headers = { 'x-csrf-token': token }
      const reply = await alice.send(call, { ...(body && { body }), headers })
      t.match(reply, { ...REFUSED, body: { detail: /belong/ } }, `${call} ${name}`)
    }
  t.strictSame(await state(), before)
  const changed = await alice.send('PATCH /me', { body: { phone: '+31201234567' } })
  t.match(changed, { status: 200, body: { phone: '+31201234567' } })
})

await test('S37 a refresh keeps the CSRF token, a new login does not', async (t) => {
  const { page } = await open(t)
  const alice = page()
  await alice.login()
  const first = alice.csrf()
  await alice.send('POST /auth/refresh')
  t.equal(alice.csrf(), first)
  await alice.login('bob')
  t.not(alice.csrf(), first)
  const stale = await alice.send('POST /auth/logout', { headers: { 'x-csrf-token': first } })
  t.match(stale, REFUSED, 'a tab that was opened before')
})

await test('S37 a CSRF token stays good while its value of SECRET_KEY is listed', async (t) => {
  const [old, current] = [
    'the first value of SECRET_KEY of many bytes',
    'another one that came after it as long',
  ]
  const before = await open(t, { env: { SECRET_KEY: old } })
  const alice = before.page()
  await alice.login()
  const { databaseUrl } = before
  const after = await open(t, { databaseUrl, env: { SECRET_KEY: `${current},${old}` } })
  const later = openPage(after)
  for (const [name, value] of alice.cookies) later.cookies.set(name, value)
  const headers = { 'x-csrf-token': alice.csrf() }
  t.match(await later.send('PATCH /me', { body: { phone: null }, headers }), { status: 200 })
  await later.send('GET /auth/csrf')
  t.not(later.csrf(), alice.csrf(), 'what is new is protected by the new value')
  t.match(await later.send('POST /auth/logout'), { status: 204 })
})

await test('S37 a page of another site cannot log anybody in', async (t) => {
  const { audit, page, state } = await open(t, { env: { CORS_ORIGINS: APP } })
  const from = (headers: Record<string, string>, password = PASSWORD) =>
    page().send('POST /auth/login', {
      body: { identifier: 'alice', password, transport: 'cookie' },
      headers,
    })
  const foreign: Array<Record<string, string>> = [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://app.example.com' },
    { origin: `${APP}:8443` },
    { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' },
    { origin: APP, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  const known = await audit()
  for (const headers of foreign) {
    const reply = await from(headers)
    t.match(reply, REFUSED, JSON.stringify(headers))
    t.strictSame(setCookies(reply), [])
    t.match(await from(headers, 'not the password'), REFUSED, 'whatever the password')
  }
  t.strictSame((await state()).sessions, [])
  t.strictSame(
    [...new Set((await audit()).slice(known.length))],
    ['access.denied denied  operation login'],
  )

  const ours: Array<Record<string, string>> = [
    { origin: APP, 'sec-fetch-site': 'same-site' },
    { origin: API, 'sec-fetch-site': 'same-origin' },
    { origin: APP },
    {},
  ]
  for (const headers of ours) t.match(await from(headers), { status: 200 }, JSON.stringify(headers))
  t.equal((await state()).sessions.length, ours.length)
})

await test('a page of another site may log in with the tokens in the body', async (t) => {
  const { page } = await open(t)
  const reply = await page().send('POST /auth/login', {
    body: { identifier: 'alice', password: PASSWORD },
    headers: { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
  })
  t.match(reply, { status: 200, body: { transport: 'body' } })
})

await test('S64 with * as origin no page logs in by cookie but our own', async (t) => {
  const { page } = await open(t, { env: { CORS_ORIGINS: '*' } })
  for (const [origin, status] of [
    [APP, 403],
    [API, 200],
  ] as const) {
    const reply = await page().send('POST /auth/login', {
      body: { identifier: 'alice', password: PASSWORD, transport: 'cookie' },
      headers: { origin },
    })
    t.equal(reply.status, status, origin)
  }
})
