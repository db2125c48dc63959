import { test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { eq } from '../../../src/db/drizzle.ts'
import { start } from '../../helper.ts'
import { tokenIn } from '../../mail-server.ts'
import { NEW_PASSWORD, PASSWORD, scene } from './mailing.ts'

const UNICODE = 'Owner@münchen.example'
const ASCII = 'owner@xn--mnchen-3ya.example'

await test('S84 no door takes what is not the address of one mailbox', async (t) => {
  const started = await scene(t)
  const { verified, request, post, backend } = started
  const alice = await verified('alice', 'a@example.com')
  const people = () => backend.store.query((q) => q.select().from(backend.store.tables.users))
  const before = await people()
  for (const email of [
    '"quoted"@example.com',
    'a..b@example.com',
    'a@b_c.example',
    'a@192.0.2.1',
  ]) {
    const newcomer = { username: 'newcomer', password: PASSWORD, email }
    const refused = {
      status: 422,
      body: { errors: [{ pointer: '#/email', code: 'invalid_email' }] },
    }
    t.match(await post('register', newcomer), refused, email)
    t.match(await post('password/forgot', { email }), refused)
    t.match(await alice.patch('/api/v2/me', { email }), refused)
    t.match(await request('POST', '/api/v1/users', { body: newcomer }), { status: 400 })
    t.match(await alice.put(`/api/v1/users/${alice.id}`, { email }), { status: 400 })
  }
  t.same(await people(), before)
  t.same(await backend.store.query((q) => q.select().from(backend.store.tables.mails)), [])
})

await test('S84 two spellings of a domain are one mailbox', async (t) => {
  const { verified, delivered, post, me, logsIn, request, clock, server } = await scene(t)
  const owner = await verified('owner', UNICODE)
  t.match(await me(owner), { email: UNICODE }, 'shown as typed')
  t.same(server.recipients, [[UNICODE]], 'which the mail server decodes again')
  for (const spelling of [UNICODE, ASCII, 'OWNER@MÜNCHEN.example'])
    t.equal(await logsIn(spelling), 200, spelling)

  const taken = { username: 'other', password: PASSWORD, email: ASCII }
  t.match(await request('POST', '/api/v1/users', { body: taken }), {
    status: 400,
    body: { message: 'Email already exists' },
  })
  await post('password/forgot', { email: ASCII })
  const [mail] = await delivered()
  t.match(mail, { to: [{ address: 'Owner@xn--mnchen-3ya.example' }] })
  const token = mail && tokenIn(mail)
  t.match(await post('password/reset', { token, new_password: NEW_PASSWORD }), { status: 204 })
  t.equal(await logsIn(ASCII, NEW_PASSWORD), 200)
  await delivered()

  clock.advance(61)
  const { body } = await post('login', { identifier: ASCII, password: NEW_PASSWORD })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const change = (email: string) => request('PATCH', '/api/v2/me', { body: { email }, headers })
  const respelled = 'Owner@xn--mnchen-3ya.example'
  t.match(await change(respelled), { body: { email: respelled, pending_email: null } })
  t.same(await delivered(), [], 'which it is already')
})

await test('S84 pairs that were one mailbox before stay, and the start names them', async (t) => {
  const { request, backend, databaseUrl, post, delivered, logsIn, clock } = await scene(t)
  const { users, derivations } = backend.store.tables
  const register = async (username: string, email: string, key: string) => {
    const { body } = await request('POST', '/api/v1/users', {
      body: { username, password: PASSWORD },
    })
    await backend.store.query((q) =>
      q.update(users).set({ email, emailKey: key }).where(eq(users.id, body.id)).returning(),
    )
    return Number(body.id)
  }
  const keys = () =>
    backend.store.query((q) => q.select({ key: users.emailKey }).from(users).orderBy(users.id))
  const first = await register('first', UNICODE, 'owner@münchen.example')
  const second = await register('second', ASCII, ASCII)
  await register('alone', 'alone@例え.example', 'alone@例え.example')
  await register('odd', 'odd one@example.com', 'odd one@example.com')
  await backend.store.query((q) =>
    q.delete(derivations).where(eq(derivations.name, 'user_email')).returning(),
  )

  const lines: string[] = []
  const again = async () => {
    const app = await buildApp(
      { ...(await start(t, { databaseUrl })).config, logLevel: 'warn' },
      { logStream: { write: (line: string) => void lines.push(line) } },
    )
    await app.close()
  }
  await again()
  t.same(await keys(), [
    { key: 'owner@münchen.example' },
    { key: ASCII },
    { key: 'alone@xn--r8jz45g.example' },
    { key: 'odd one@example.com' },
  ])
  const named = () =>
    lines.filter((line) => line.includes('one mailbox')).map((line) => JSON.parse(line))
  t.match(named(), [{ level: 40, users: [[second, first]], count: 1 }])
  t.notMatch(lines.join(''), /example/, 'by their ids')

  const whose = async (identifier: string) => {
    const { body } = await post('login', { identifier, password: PASSWORD })
    return (
      await request('GET', '/api/v2/me', {
        headers: { authorization: `Bearer ${body.access_token}` },
      })
    ).body.username
  }
  t.equal(await whose(UNICODE), 'first')
  t.equal(await whose(ASCII), 'second')
  t.equal(await whose('alone@xn--r8jz45g.example'), 'alone')
  await post('password/forgot', { email: UNICODE })
  const [mail] = await delivered()
  t.match(mail?.text, /Hello first,/)
  const token = mail && tokenIn(mail)
  t.match(await post('password/reset', { token, new_password: NEW_PASSWORD }), { status: 204 })
  t.equal(await logsIn('first', NEW_PASSWORD), 200)

  clock.advance(1)
  await again()
  t.equal(named().length, 2, 'at every start while it is so')
  await backend.store.query((q) => q.delete(users).where(eq(users.id, second)).returning())
  await again()
  t.equal(named().length, 2)
  t.match(await keys(), [{ key: ASCII }, {}, {}], 'what was in the way has gone')
})

await test('S84 an address from before that is no mailbox is mailed nothing', async (t) => {
  const { verified, backend, delivered, server, logsIn } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  const { users, mails } = backend.store.tables
  const email = 'odd one@example.com'
  await backend.store.query((q) => q.update(users).set({ email, emailKey: email }).returning())
  t.equal(await logsIn(email), 200, 'it still logs in')
  const change = { current_password: PASSWORD, new_password: NEW_PASSWORD }
  t.match(await alice.post('/api/v2/auth/password/change', change), { status: 204 })
  t.same(await delivered(), [])
  t.equal(server.mails.length, 1)
  t.same(await backend.store.query((q) => q.select().from(mails)), [], 'nor is it tried again')
})
