import { test, type Test } from 'tap'
import { type Options, start } from '../../helper.ts'
import { enter, login, openSessions, PASSWORD, register, stillClock } from './session.ts'

const wait = (seconds: number) => ({
  status: 429,
  headers: { 'retry-after': String(seconds), 'cache-control': 'no-store' },
  body: { code: 'too_many_attempts' },
})
const WRONG = { status: 401, body: { code: 'invalid_credentials' } }

async function open(t: Test, options: Options = {}) {
  const clock = stillClock()
  const env = { TRUST_PROXY: '127.0.0.1', ...options.env }
  const node = await start(t, { clock, env })
  const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })
  /** Logs in as alice from an address of hers, unless it says otherwise. */
  const guess = (password = 'wrong', { name = 'alice', ip = '192.0.2.1', version = 2 } = {}) =>
    version === 2
      ? login(node, name, password, from(ip))
      : node.request('POST', '/api/v1/login', {
          body: { username: name, password },
          ...from(ip),
        })
  const { id } = await register(node, 'alice', 'alice@example.com')
  return { ...node, id, clock, guess }
}

await test('S14 guesses through both versions count together', async (t) => {
  const { clock, guess } = await open(t)
  for (const version of [1, 2, 1, 2, 2])
    t.match(await guess('wrong', { version }), { status: 401 }, `v${version}`)
  const { code: _code, ...plain } = wait(1).body
  t.match(await guess(PASSWORD, { version: 1 }), { ...wait(1), body: plain })
  for (const seconds of [1, 2, 4]) {
    t.match(await guess(PASSWORD), wait(seconds), 'the right one too')
    clock.advance(seconds)
    t.match(await guess(), WRONG)
  }
  clock.advance(8)
  t.match(await guess(PASSWORD), { status: 200 }, 'after the wait the right one gets in')
  for (let i = 0; i < 4; i++) t.match(await guess('wrong', { version: 1 }), { status: 401 })
  t.match(await guess(PASSWORD), { status: 200 }, 'and what was before is forgotten')
})

await test('S14 nobody is locked out by who guesses from another address', async (t) => {
  const { guess, id, ...node } = await open(t)
  for (let i = 0; i < 5; i++) await guess()
  t.match(await guess(PASSWORD), wait(1))
  t.match(await guess(PASSWORD, { ip: '192.0.2.2' }), { status: 200 })
  t.equal((await openSessions(node, id)).length, 1)
  for (let i = 0; i < 5; i++) t.match(await guess('wrong', { name: 'nobody' }), WRONG)
  t.match(await guess('wrong', { name: 'nobody' }), wait(1), 'who is unknown waits alike')
})

await test('S14 guesses at the same moment gain nothing', async (t) => {
  const { clock, guess } = await open(t)
  for (let i = 0; i < 5; i++) await guess()
  clock.advance(1)
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, i) => guess('wrong', { version: 1 + (i % 2) })),
  )
  t.equal(replies.filter(({ status }) => status === 401).length, 1)
  t.equal(replies.filter(({ status }) => status === 429).length, 11)
})

await test('S14 whoever renames an account gets no new guesses at it', async (t) => {
  const { guess, ...node } = await open(t)
  const stolen = await enter(node, 'alice')
  for (let i = 0; i < 5; i++) t.match(await guess(), WRONG)
  t.match(await stolen.send('PATCH', '/api/v2/me', { username: 'alicia' }), { status: 200 })
  t.match(await guess('wrong', { name: 'alicia' }), wait(1))
  const url = `/api/v1/users/${node.id}`
  for (let i = 0; i < 5; i++) t.match(await guess('wrong', { name: 'alice@example.com' }), WRONG)
  t.match(await stolen.send('PUT', url, { email: 'a@example.com' }), { status: 200 })
  t.match(await guess('wrong', { name: 'a@example.com' }), wait(1), 'nor a new address')
})

await test('S14 the counters of a username do not tell whose the email is', async (t) => {
  const { guess } = await open(t)
  for (let i = 0; i < 6; i++) await guess()
  t.match(await guess(), wait(1))
  t.match(await guess('wrong', { name: 'alice@example.com' }), WRONG)
  for (let i = 0; i < 5; i++) await guess('wrong', { name: 'nobody@example.com' })
  t.match(await guess('wrong', { name: 'nobody@example.com' }), wait(1))
})

await test('S15 one address has 20 logins a minute, in both versions together', async (t) => {
  const { guess } = await open(t, { env: { RATE_LIMITS: 'on' } })
  for (let i = 0; i < 20; i++)
    t.match(await guess('wrong', { name: `user-${i}`, version: 1 + (i % 2) }), { status: 401 })
  const limited = await guess(PASSWORD)
  t.match(limited, {
    status: 429,
    headers: { 'ratelimit-policy': '"auth";q=20;w=60', 'retry-after': /^[1-6]?\d$/ },
    body: { code: 'rate_limited' },
  })
  t.match(await guess(PASSWORD, { ip: '192.0.2.2' }), { status: 200 })
})
