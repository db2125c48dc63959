import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { mailServer, tokenIn } from '../../mail-server.ts'

const PASSWORD = 'a quiet place to write'
const HOME = { ip: '192.0.2.7', agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0' }

async function scene(t: Test) {
  const mails = await mailServer(t)
  const started = await start(t, { env: { SMTP_URL: mails.url, TRUST_PROXY: 'loopback' } })
  const { request, backend } = started
  await request('POST', '/api/v2/auth/register', {
    body: { username: 'alice', password: PASSWORD, email: 'a@example.com' },
  })
  await backend.outbox.deliver()
  const token = mails.mails[0] && tokenIn(mails.mails[0])
  await request('POST', '/api/v2/auth/email/verify', { body: { token } })

  async function logIn({ ip, agent } = HOME, path = '/api/v2/auth/login') {
    const name = path.includes('v1') ? 'username' : 'identifier'
    const { status, body } = await request('POST', path, {
      body: { [name]: 'alice', password: PASSWORD },
      headers: { 'x-forwarded-for': ip, 'user-agent': agent },
    })
    t.equal(status, 200)
    return { authorization: `Bearer ${body.access_token}` }
  }
  async function delivered() {
    const before = mails.mails.length
    await backend.outbox.deliver()
    return mails.mails.slice(before)
  }
  async function logins(headers: Record<string, string>) {
    const { body } = await request('GET', '/api/v2/me/activity', { headers })
    const events = body.data as Array<{ action: string; unfamiliar: boolean }>
    return events
      .filter(({ action }) => action === 'login')
      .map(({ unfamiliar }) => unfamiliar)
      .toReversed()
  }
  return { ...started, logIn, delivered, logins }
}

await test('a login from somewhere new is marked and mailed', async (t) => {
  const { logIn, delivered, logins, clock } = await scene(t)
  await logIn()
  t.same(await delivered(), [], 'the first one is how the account is known')
  await logIn({ ...HOME, agent: HOME.agent.replace('145.0', '146.0.1') })
  t.same(await delivered(), [], 'a browser that was brought up to date is the same')
  await logIn({ ...HOME, ip: '198.51.100.9' })
  t.match(await delivered(), [
    {
      subject: 'A login from somewhere new',
      to: [{ address: 'a@example.com' }],
      text: /198\.51\.100\.9[\s\S]*Firefox/,
    },
  ])
  await logIn({ ...HOME, agent: '<b>curl</b>/8.5.0' }, '/api/v1/login')
  const [mail] = await delivered()
  t.match(mail?.html, /&lt;b&gt;curl/, 'what a client calls itself is text')
  const headers = await logIn({ ...HOME, ip: '198.51.100.9' })
  t.same(await delivered(), [], 'known from then on')
  t.same(await logins(headers), [false, false, true, true, false])

  clock.advance(181 * 24 * 3600)
  t.ok(await logIn())
})

await test('what nobody has confirmed is mailed no alert', async (t) => {
  const { request, logIn, delivered, backend } = await scene(t)
  const { users } = backend.store.tables
  await backend.store.query((q) => q.update(users).set({ emailVerifiedAt: null }).returning())
  await logIn()
  await logIn({ ...HOME, ip: '198.51.100.9' })
  t.same(await delivered(), [])
  t.ok(request)
})

await test('a new password is told to the address of the account', async (t) => {
  const { request, logIn, delivered, backend } = await scene(t)
  const headers = await logIn()
  const { body: me } = await request('GET', '/api/v2/me', { headers })
  const reply = await request('POST', '/api/v2/auth/password/change', {
    body: { current_password: PASSWORD, new_password: 'a louder place to read' },
    headers,
  })
  t.equal(reply.status, 204)
  const told = [
    { subject: 'The password of your account changed', to: [{ address: 'a@example.com' }] },
  ]
  t.match(await delivered(), told)
  await backend.accounts.setPassword(me.id, 'set by an operator')
  t.match(await delivered(), told)
})

const CHANGED = 'The password of your account changed'
const OWNER = [{ address: 'a@example.com' }]

for (const { how, take, told } of [
  {
    how: 'taken away',
    take: () => ({ method: 'PATCH', url: '/api/v2/me', body: { email: null } }),
    told: [{ subject: 'The email address of your account changed', to: OWNER }],
  },
  {
    how: 'to be changed by v1',
    take: (me: string) => ({
      method: 'PUT',
      url: `/api/v1/users/${me}`,
      body: { email: 'thief@example.com' },
    }),
    told: [
      { subject: 'A new email address was asked for', to: OWNER },
      { subject: 'Confirm your email address', to: [{ address: 'thief@example.com' }] },
    ],
  },
])
  await test(`an address that is ${how} is told of it, and of what happened before`, async (t) => {
    const { request, logIn, delivered } = await scene(t)
    const headers = await logIn()
    const { body: me } = await request('GET', '/api/v2/me', { headers })
    await request('POST', '/api/v2/auth/password/change', {
      body: { current_password: PASSWORD, new_password: 'a louder place to read' },
      headers,
    })
    const { method, url, body } = take(String(me.id))
    t.match(await request(method, url, { body, headers }), { status: 200 })
    const mails = await delivered()
    t.match(
      mails.toSorted((a, b) => a.subject!.localeCompare(b.subject!)),
      [...told, { subject: CHANGED, to: OWNER }],
    )
    t.equal(mails.length, told.length + 1)
  })

await test('places are forgotten after half a year', async (t) => {
  const { logIn, clock, backend } = await scene(t)
  await logIn()
  clock.advance(180 * 24 * 3600 + 60)
  t.match(await backend.purge(), { familiar_origins: 2 })
})
