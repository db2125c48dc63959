import { eq } from '../../../src/db/drizzle.ts'
import { test, type Test } from 'tap'
import { refusal, tokenIn } from '../../mail-server.ts'
import { scene } from './mailing.ts'

const UNKNOWN = refusal('5.1.1 no such mailbox', 550)
const day = 24 * 3600

/** Alice, whose address no mail reaches. */
async function refusedScene(t: Test) {
  const started = await scene(t)
  const { server, register, delivered } = started
  const alice = await register('alice', 'a@example.com')
  server.refuseRecipients(UNKNOWN)
  t.same(await delivered(), [])
  return { ...started, alice }
}
const SHOWN = { address: 'a@example.com', reply: '550 5.1.1 no such mailbox' }

await test('S93 a final refusal is final, and shown to the account and to admins', async (t) => {
  const { alice, as, me, server, delivered, clock, backend, request } = await refusedScene(t)
  t.match(await me(alice), { pending_email: 'a@example.com', undeliverable: SHOWN })
  const admin = await as('root-of-all', 'admin')
  const url = `/api/v2/users/${alice.id}`
  t.match((await admin.get(url)).body, { undeliverable: SHOWN })
  t.notOk('undeliverable' in (await (await as('bob')).get(url)).body, 'to nobody else')
  const { body: activity } = await alice.get('/api/v2/me/activity')
  t.match(activity.data, [
    { action: 'email.undeliverable', outcome: 'failure', actor_id: null, ip: null },
  ])
  t.match(
    (await request('GET', '/metrics')).text,
    /^mails_total\{kind="email\.verify",outcome="undeliverable"\} 1$/m,
  )

  // It is not tried again, even where it would be taken now.
  server.refuseRecipients(undefined)
  clock.advance(3 * day)
  t.same(await delivered(), [])
  const { mails } = backend.store.tables
  t.same(await backend.store.query((q) => q.select().from(mails)), [])
})

await test('S93 an address from before it had to be that of one mailbox is undeliverable, and nothing goes to it', async (t) => {
  const { server, register, delivered, post, backend } = await scene(t)
  const alice = await register('alice', 'a@example.com')
  const [mail] = await delivered()
  await post('email/verify', { token: mail && tokenIn(mail) })
  const { users, mails } = backend.store.tables
  const old = 'a@example.com, b@example.org'
  const keys = { email: old, emailKey: old }
  await backend.store.query((q) => q.update(users).set(keys).where(eq(users.id, alice.id)))
  await post('password/forgot', { email: old })
  await backend.accounts.setPassword(alice.id, 'a louder place to read')
  const given = server.given.length
  t.same(await delivered(), [])
  t.equal(server.given.length, given)
  t.same(await backend.store.query((q) => q.select().from(mails)), [])
  t.match(await backend.accounts.find(alice.id), {
    undeliverable: { address: old, reply: /not the address of one mailbox/ },
  })
})

await test('S93 an address that takes a mail is undeliverable no more', async (t) => {
  const { alice, me, server, delivered, clock, request } = await refusedScene(t)
  const { headers } = await alice.get('/api/v2/me')
  server.refuseRecipients(undefined)
  clock.advance(61)
  await alice.post('/api/v2/auth/email/resend')
  t.equal((await delivered()).length, 1)
  t.match(await me(alice), { undeliverable: null })
  const again = await alice.get('/api/v2/me', {
    headers: { 'if-none-match': String(headers['etag']) },
  })
  t.equal(again.status, 200, 'what has changed has another tag')
  t.match((await request('GET', '/metrics')).text, /kind="email\.verify",outcome="sent"\} 1$/m)
})

for (const [how, change] of [
  ['is changed', { email: 'b@example.com' }],
  ['is taken away', { email: null }],
] as const)
  await test(`S93 an address that ${how} takes its refusal along`, async (t) => {
    const { alice, me, backend } = await refusedScene(t)
    t.match(await alice.patch('/api/v2/me', change), {
      status: 200,
      body: { undeliverable: null },
    })
    t.match(await me(alice), { undeliverable: null })
    const { users } = backend.store.tables
    const [row] = await backend.store.query((q) => q.select().from(users))
    t.match(row, { undeliverableEmail: null, undeliverableReply: null, undeliverableAt: null })
  })

await test('S93 an address that is confirmed is undeliverable no more', async (t) => {
  const { register, me, server, delivered, post } = await scene(t)
  server.refuse(UNKNOWN)
  const alice = await register('alice', 'a@example.com')
  await delivered()
  const [mail] = server.given
  t.match(await me(alice), { undeliverable: SHOWN })
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await me(alice), { email: 'a@example.com', undeliverable: null })
})

await test('S93 what is known already changes nothing, and new words do', async (t) => {
  const { server, verified, me, delivered, clock, post } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  server.refuseRecipients(UNKNOWN)
  const forget = async () => {
    clock.advance(61)
    await post('password/forgot', { email: 'a@example.com' })
    await delivered()
    return alice.get('/api/v2/me')
  }
  const first = await forget()
  t.match(first.body, { email: 'a@example.com', undeliverable: SHOWN })
  const second = await forget()
  t.equal(second.headers['etag'], first.headers['etag'])
  t.strictSame(second.body, first.body)
  server.refuseRecipients(refusal('5.2.1 mailbox disabled', 550))
  t.match((await forget()).body, { undeliverable: { reply: '550 5.2.1 mailbox disabled' } })
  t.match(await me(alice), { email: 'a@example.com' })
})

await test('S93 an alert that an address refuses which is no more the account’s says nothing of the account', async (t) => {
  const { server, verified, me, delivered } = await scene(t)
  const alice = await verified('alice', 'a@example.com')
  await alice.patch('/api/v2/me', { email: null })
  server.refuseRecipients(UNKNOWN)
  t.same(await delivered(), [])
  t.match(await me(alice), { email: null, undeliverable: null })
  const { body } = await alice.get('/api/v2/me/activity')
  t.notMatch(JSON.stringify(body), /undeliverable/)
})
