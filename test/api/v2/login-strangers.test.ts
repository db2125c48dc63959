import { test, type Test } from 'tap'
import { eq } from '../../../src/db/drizzle.ts'
import { start } from '../../helper.ts'
import { DEVICE, deviceCookie } from './cookie-page.ts'
import { enter, login, PASSWORD, register, sessionOf, stillClock } from './session.ts'

const OK = { status: 200 }
const WRONG = { status: 401 }
const waits = (seconds: number) => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { code: 'too_many_attempts' },
})
const HOME = '192.0.2.1'
const ABROAD = '192.0.2.200'

interface Try {
  ip?: string
  mark?: string
  name?: string
  agent?: string
  transport?: 'body' | 'cookie'
}

/** Alice, who has logged in from home, and strangers. */
async function scene(t: Test) {
  const clock = stillClock()
  const env = { TRUST_PROXY: '127.0.0.1', PUBLIC_URL: 'https://api.example.com' }
  const node = await start(t, { clock, env })
  const { id } = await register(node, 'alice', 'alice@example.com')
  const send = (password: string, { ip = HOME, mark, name = 'alice', agent, transport }: Try) =>
    node.request('POST', '/api/v2/auth/login', {
      body: { identifier: name, password, ...(transport && { transport }) },
      headers: {
        'x-forwarded-for': ip,
        ...(mark !== undefined && { cookie: `${DEVICE}=${mark}` }),
        ...(agent !== undefined && { 'user-agent': agent }),
      },
    })
  const guess = (whom: Try = {}) => send('wrong', whom)
  const enters = (whom: Try = {}) => send(PASSWORD, whom)
  const markOf = (reply: Awaited<ReturnType<typeof enters>>) =>
    /=([^;]+)/.exec(deviceCookie(reply))?.[1] ?? ''
  let strangers = 0
  /** A guess from a network of its own. */
  const stranger = (name = 'alice') => {
    strangers += 1
    return guess({ name, ip: `198.51.${strangers >> 8}.${strangers & 255}` })
  }
  /** As many failures as it takes for the account to wait 30 s for each turn; strangers take the first, and ABROAD spends its own guess. */
  async function attack(name = 'alice') {
    const { store } = node.backend
    const { loginFailures } = store.tables
    await store.query((q) => q.delete(loginFailures))
    for (let i = 0; i < 2; i++) t.match(await stranger(name), WRONG)
    await store.query((q) =>
      q.update(loginFailures).set({ failures: 54 }).where(eq(loginFailures.failures, 2)),
    )
    t.match(await stranger(name), WRONG, 'the turn')
    t.match(await guess({ name, ip: ABROAD }), WRONG, 'the one of the site')
    t.match(await guess({ name, ip: ABROAD }), waits(30))
  }
  const rows = (table: 'loginFailures' | 'familiarOrigins') =>
    node.backend.store.query((q) => q.select().from(node.backend.store.tables[table]))
  return { node, id, clock, guess, enters, markOf, stranger, attack, rows }
}

await test('S87 whoever comes from a network that the account knows does not wait for strangers', async (t) => {
  const { node, enters, guess, attack, stranger, clock } = await scene(t)
  t.match(await enters(), OK)
  for (const name of ['alice', 'alice@example.com']) {
    await attack(name)
    t.match(await enters({ name, ip: ABROAD }), waits(30), 'a network that nobody came from')
    t.match(await enters({ name }), OK)
    t.match(await stranger(name), WRONG, 'as ever, a success resets the failures')
    t.match(await enters({ name }), OK)
  }
  await attack()
  const v1 = await node.request('POST', '/api/v1/login', {
    body: { username: 'alice', password: PASSWORD },
    headers: { 'x-forwarded-for': HOME },
  })
  t.match(v1, OK)
  t.equal(v1.headers['set-cookie'], undefined, 'v1 leaves nothing')

  await attack()
  for (let i = 0; i < 5; i++) t.match(await guess(), WRONG)
  t.match(await enters(), waits(1), 'and waits for what is done from there')
  clock.advance(1)
  t.match(await enters(), OK)
})

await test('S87 whoever is logged in confirms it from such a network, too', async (t) => {
  const { node, attack } = await scene(t)
  const reply = await login(node, 'alice', PASSWORD, { headers: { 'x-forwarded-for': HOME } })
  const { access } = sessionOf(node, reply)
  await attack()
  const confirm = (ip: string) =>
    node.request('POST', '/api/v2/auth/reauthenticate', {
      body: { password: PASSWORD },
      headers: { authorization: `Bearer ${access}`, 'x-forwarded-for': ip },
    })
  t.match(await confirm(ABROAD), waits(30))
  t.match(await confirm(HOME), { status: 204 })
})

await test('S87 nobody is kept out who comes from anywhere else, although every turn is taken', async (t) => {
  const { enters, guess, attack, clock, rows } = await scene(t)
  await attack()
  const before = (await rows('loginFailures')).length
  t.match(await enters({ ip: '192.0.2.201' }), OK, 'a site has a guess of its own, at once')
  t.equal((await rows('loginFailures')).length, before - 1, 'what was counted is gone')

  await attack()
  const other = '192.0.2.202'
  const replies = await Promise.all([1, 2, 3].map(() => guess({ ip: other })))
  t.equal(replies.filter(({ status }) => status === 401).length, 1, 'one')
  clock.advance(29)
  t.match(await guess({ ip: other }), waits(1), 'and puts off nobody: who has spent theirs waits')
  clock.advance(1)
  t.match(await enters({ ip: other }), OK, 'for the turn of the account')

  await attack()
  const customer = '2001:db8:7'
  t.match(await guess({ ip: `${customer}:1::1` }), WRONG)
  t.match(await guess({ ip: `${customer}:2::1` }), waits(30), 'one is for the whole site')
})

await test('S87 a login leaves a signed cookie, and a browser that has it does not wait for strangers', async (t) => {
  const { enters, attack, markOf } = await scene(t)
  for (const transport of ['body', 'cookie'] as const) {
    const reply = await enters({ transport })
    t.match(
      deviceCookie(reply),
      /^__Host-commonplace_device=[\w.-]{90,200}; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    await attack()
    t.match(await enters({ ip: ABROAD }), waits(30))
    t.match(await enters({ ip: '192.0.2.99', mark: markOf(reply), transport }), OK)
  }
})

await test('S87 a mark is of one account and its password, for 180 days, and nobody can make one', async (t) => {
  const { node, id, enters, attack, markOf, clock } = await scene(t)
  await register(node, 'bob')
  const mark = markOf(await enters())
  const bobs = markOf(await enters({ name: 'bob', ip: '192.0.2.2' }))
  await attack()
  const [device = '', expires = '', ...mac] = mark.split('.')
  const refused = {
    'of another account': bobs,
    'another device': ['A'.repeat(22), expires, ...mac].join('.'),
    'longer-lived': [device, `${expires}0`, ...mac].join('.'),
    twice: `${mark}; ${DEVICE}=${mark}`,
    empty: '',
    endless: 'a.'.repeat(3000),
  }
  const abroad = (given: string) => enters({ mark: given, ip: ABROAD })
  for (const [what, given] of Object.entries(refused)) t.match(await abroad(given), waits(30), what)
  t.match(await abroad(mark), OK)

  await node.backend.accounts.setPassword(id, PASSWORD)
  await attack()
  t.match(
    await abroad(mark),
    waits(30),
    'the password is another one, even where it reads the same',
  )
  const next = markOf(await enters())
  clock.advance(180 * 86_400)
  await attack()
  t.match(await abroad(next), waits(30), 'old')
})

await test('S87 whoever has copied a mark has ten guesses, then waits like anyone', async (t) => {
  const { enters, guess, attack, markOf } = await scene(t)
  const mark = markOf(await enters())
  await attack()
  const networkOf = (i: number) => `2001:db8:1:${i}::1`
  t.match(await guess({ ip: networkOf(200) }), WRONG, 'the one of their site')
  const replies = await Promise.all(
    Array.from({ length: 14 }, (_, i) => guess({ mark, ip: networkOf(i) })),
  )
  const looked = replies.filter(({ status }) => status === 401).length
  const busy = replies.filter(({ status }) => status === 503).length
  t.equal(replies.filter(({ status }) => status === 429).length, 14 - looked - busy)
  for (let i = looked; i < 10; i++) t.match(await guess({ mark, ip: networkOf(100 + i) }), WRONG)
  t.match(await enters({ mark, ip: networkOf(300) }), waits(30), 'the right one, too')
  t.match(await enters(), OK)
})

await test('S87 what a browser calls itself lets nobody past, and a name that nobody has waits alike', async (t) => {
  const { enters, attack, markOf } = await scene(t)
  const mark = markOf(await enters({ agent: 'Browser/1' }))
  await attack()
  t.match(await enters({ agent: 'Browser/1', ip: ABROAD }), waits(30))
  await attack('nobody')
  t.match(await enters({ name: 'nobody', mark }), WRONG, 'the one of the site')
  t.match(await enters({ name: 'nobody', mark }), waits(30))
})

await test('S87 an account knows a hundred devices and networks, the last ones', async (t) => {
  const { node, rows } = await scene(t)
  for (let i = 0; i < 103; i++)
    await login(node, 'alice', PASSWORD, { headers: { 'x-forwarded-for': `10.0.0.${i}` } })
  t.equal((await rows('familiarOrigins')).length, 100)
})

await test('S87 a code may have spaces, as apps show it', async (t) => {
  const { node } = await scene(t)
  const alice = await enter(node, 'alice')
  const { Secret, TOTP } = await import('otpauth')
  const { body } = await alice.send('POST', '/api/v2/auth/totp')
  const totp = new TOTP({ secret: Secret.fromBase32(body.secret) })
  const typed = (steps: number, space: string) => {
    const timestamp = node.backend.clock.now().getTime() + steps * 30_000
    return totp.generate({ timestamp }).replace(/.../, `$&${space}`)
  }
  const confirmed = await alice.send('POST', '/api/v2/auth/totp/confirm', { otp: typed(0, ' ') })
  t.match(confirmed, OK)
  const code = String(confirmed.body.recovery_codes[0]).replaceAll('-', ' ').toUpperCase()
  for (const otp of [typed(1, '\u00A0'), ` ${code} `])
    t.match(
      await node.request('POST', '/api/v2/auth/login', {
        body: { identifier: 'alice', password: PASSWORD, otp },
      }),
      OK,
      otp,
    )
})
