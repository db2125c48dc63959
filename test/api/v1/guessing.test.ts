import { test, type Test } from 'tap'
import { start, type Options, type TestClock, type Reply } from '../../helper.ts'

const PASSWORD = 'a quiet place to write'
const SLOWED = {
  status: 429,
  body: { error: 'Too Many Requests', message: 'Too many failed attempts, try again later' },
}
const [FREE, OK] = [{ status: 401 }, { status: 200 }]
const wait = (seconds: number) => ({ ...SLOWED, headers: { 'retry-after': String(seconds) } })

/** Time that stands still until it is moved: a slow machine changes no wait. */
function stillClock(): TestClock {
  let at = Date.now()
  return { now: () => new Date(at), advance: (seconds) => void (at += seconds * 1000) }
}

interface Try {
  name?: string
  email?: string
  password?: string
  ip?: string
}
async function open(t: Test, options: Options = {}) {
  const clock = options.clock ?? stillClock()
  const env = { TRUST_PROXY: '127.0.0.1', ...options.env }
  const node = await start(t, { ...options, clock, env })
  /** A wrong password for alice, from an address of hers, unless it says otherwise. */
  async function guess(whom: Try = {}): Promise<Reply> {
    const { name = 'alice', email, password = 'wrong', ip = '192.0.2.1' } = whom
    const reply = await node.request('POST', '/api/v1/login', {
      body: { ...(email === undefined ? { username: name } : { email }), password },
      headers: { 'x-forwarded-for': ip },
    })
    // Where the machine is busy with other things: it was not looked at.
    return reply.status === 503 ? guess(whom) : reply
  }
  const fail = async (times: number, whom?: Try) => {
    for (let i = 0; i < times; i++) t.match(await guess(whom), FREE)
  }
  if (!options.databaseUrl)
    await node.backend.accounts.register({
      username: 'alice',
      password: PASSWORD,
      email: 'alice@example.com',
    })
  return { ...node, clock, guess, fail }
}

await test('S14 from the 5th failure a guess waits 1 s, then twice as long, up to 15 minutes', async (t) => {
  const { clock, guess } = await open(t)
  const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
  const who: Array<[string, Try, number[]]> = [
    ['a user', {}, waits],
    ['nobody, alike', { name: 'nobody' }, waits],
    ['the email of a user', { email: 'alice@example.com' }, waits.slice(0, 2)],
    ['an email of nobody, alike', { email: 'nobody@example.com' }, waits.slice(0, 2)],
    ['what cannot be a name, alike', { name: '\u{1F422}' }, waits.slice(0, 2)],
  ]
  for (const [name, whom, steps] of who) {
    await t.test(name, async (t) => {
      for (let i = 0; i < 5; i++) t.match(await guess(whom), FREE, `failure ${i + 1}`)
      for (const seconds of steps) {
        t.match(await guess({ ...whom, password: PASSWORD }), wait(seconds), 'the right one too')
        clock.advance(seconds - 0.5)
        t.match(await guess(whom), wait(1), `half a second before ${seconds} s are over`)
        clock.advance(0.5)
        t.match(await guess(whom), FREE, 'and when they are')
      }
    })
  }
})

await test('S14 after the wait the right password gets in, and the failures are forgotten', async (t) => {
  const { clock, guess, fail } = await open(t)
  await fail(5)
  t.match(await guess({ password: PASSWORD }), wait(1))
  clock.advance(1)
  t.match(await guess({ password: PASSWORD }), OK)
  await fail(4)
  t.match(await guess({ password: PASSWORD }), OK, 'four failures are free again')
  await fail(5)
  t.match(await guess({ password: PASSWORD }), wait(1), 'and count from the beginning')
})

await test('S14 who guesses does not lock out who comes from another address', async (t) => {
  const { clock, guess, fail } = await open(t)
  await fail(5)
  for (let i = 1; i < 1000; i *= 2) {
    clock.advance(i)
    await fail(1)
  }
  t.match(await guess({ password: PASSWORD }), wait(900))
  t.match(await guess({ password: PASSWORD, ip: '192.0.2.2' }), OK)
  t.match(await guess({ password: PASSWORD }), wait(900), 'which does not help who guessed')
  await fail(4, { ip: '192.0.2.3' })
  await fail(4, { name: 'bob' })
})

await test('S14 S87 after 50 failures of all addresses an account waits 30 s at most', async (t) => {
  const { clock, guess, fail } = await open(t)
  for (let i = 0; i < 13; i++) await fail(i === 12 ? 2 : 4, { ip: `198.51.100.${i}` })
  let ip = 0
  /** From networks of one site. */
  const elsewhere = (password = 'wrong') => guess({ ip: `2001:db8:7:${ip++}::1`, password })
  t.match(await elsewhere(), FREE, 'the one of the site, which is counted')
  for (const seconds of [1, 4, 8, 16, 30, 30]) {
    t.match(await elsewhere(PASSWORD), wait(seconds))
    clock.advance(seconds)
    t.match(await elsewhere(), FREE)
  }
  t.match(await guess({ name: 'bob', ip: '203.0.113.1' }), FREE, 'another account does not')
  const email = 'alice@example.com'
  t.match(await guess({ email, ip: '203.0.113.1' }), FREE, 'nor the other name: it tells nothing')
  clock.advance(30)
  t.match(await elsewhere(PASSWORD), OK)
  t.match(await elsewhere(PASSWORD), OK, 'and success resets it')
})

await test('S14 guesses at the same moment gain nothing', async (t) => {
  const { clock, guess, fail } = await open(t)
  await fail(5)
  for (const seconds of [1, 2, 4]) {
    clock.advance(seconds)
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => guess({ password: i === 19 ? PASSWORD : `wrong ${i}` })),
    )
    const tried = replies.filter(({ status }) => status !== 429)
    t.match(tried, [FREE], 'one is taken per wait')
    t.equal(tried.length, 1)
    for (const reply of replies) t.match(reply.status, /401|429/)
  }
  const fresh = await Promise.all(Array.from({ length: 8 }, () => guess({ name: 'bob' })))
  t.ok(fresh.every(({ status }) => status === 401))
  t.match(
    await guess({ name: 'bob' }),
    { status: 429 },
    'those below the threshold are all counted',
  )
  clock.advance(7)
  t.match(await guess({ name: 'bob' }), wait(1), 'as 8: 8 s')
})

await test('S14 spellings of one name are one account, of one network one address', async (t) => {
  const { guess } = await open(t)
  for (const name of ['alice', 'ALICE', 'aLiCe', 'ａｌｉｃｅ', 'Alice'])
    t.match(await guess({ name }), FREE, name)
  t.match(await guess(), wait(1))

  for (const [i, ip] of ['::1', '::ffff', ':1:2:3:4', '::', ':ffff::1'].entries())
    t.match(await guess({ name: 'bob', ip: `2001:db8:0:7${ip}` }), FREE, `of the same /64, ${i}`)
  t.match(await guess({ name: 'bob', ip: '2001:db8:0:7:9::9' }), wait(1))
  t.match(await guess({ name: 'bob', ip: '2001:db8:0:8::9' }), FREE, 'another /64')

  for (const ip of ['192.0.2.9', '::ffff:192.0.2.9', '::FFFF:c000:209', '192.0.2.9', '192.0.2.9'])
    t.match(await guess({ name: 'carol', ip }), FREE, ip)
  t.match(await guess({ name: 'carol', ip: '192.0.2.9' }), wait(1), 'IPv4 in IPv6 is IPv4')
})

await test('S14 failures count on all nodes, over a restart, and for a day', async (t) => {
  const one = await open(t)
  const { databaseUrl, clock } = one
  const other = await open(t, { databaseUrl, clock })
  await one.fail(2)
  await other.fail(3)
  t.match(await one.guess({ password: PASSWORD }), wait(1))
  t.match(await other.guess({ password: PASSWORD }), wait(1))
  t.match(await other.backend.purge(), { login_failures: 0 })
  clock.advance(86_400 - 1)
  t.match(await other.backend.purge(), { login_failures: 0 })
  await one.fail(1)
  t.match(await one.guess(), wait(2))
  clock.advance(86_400 + 1)
  t.match(await other.backend.purge(), { login_failures: 2 })
  await one.fail(5)
})

await test('S14 a success is no failure, and a suspended user fails like any other', async (t) => {
  const { guess, fail, backend } = await open(t)
  for (let i = 0; i < 8; i++) t.match(await guess({ password: PASSWORD }), OK)
  await fail(4)
  const { id } = await backend.accounts.findByName('alice')
  await backend.accounts.setStatus(id, 'suspended')
  await fail(1, { password: PASSWORD })
  t.match(await guess({ password: PASSWORD }), wait(1))
})

await test('S15 one address has 20 logins a minute, over all accounts', async (t) => {
  const { guess } = await open(t, { env: { RATE_LIMITS: 'on' } })
  for (let i = 0; i < 20; i++) {
    const reply = await guess({ name: `user-${i}` })
    t.match(reply, { status: 401 })
    t.match(reply.headers['ratelimit'], new RegExp(`^"auth";r=${19 - i};t=\\d+$`))
  }
  const limited = await guess({ password: PASSWORD })
  t.match(limited, { status: 429, headers: { 'ratelimit-policy': '"auth";q=20;w=60' } })
  t.match(limited.body, {
    message:
      'Too many requests about logins: at most 20 a minute from one address, try again later',
  })
  t.match(limited.headers['retry-after'], /^[1-6]?\d$/)
  t.match(await guess({ password: PASSWORD, ip: '192.0.2.2' }), OK, 'another address is free')
})
