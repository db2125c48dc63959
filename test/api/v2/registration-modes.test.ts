import { test } from 'tap'
import { freshDatabase } from '../../database.ts'
import { start, type Started } from '../../helper.ts'
import { mailServer, tokenIn } from '../../mail-server.ts'
import { everything } from '../refusals.ts'
import { PASSWORD, refused } from './session.ts'
import { opened, verified } from './signing-in.ts'

const V1 = '/api/v1/users'
const V2 = '/api/v2/auth/register'
const alice = { username: 'alice', password: PASSWORD }
const send = ({ request }: Pick<Started, 'request'>, url: string, body: object) =>
  request('POST', url, { body })
/** Comes from a provider that says this of them. */
async function arrive(
  { provider, signIn }: Awaited<ReturnType<typeof opened>>,
  says: object,
  more: object = {},
) {
  provider.state.says = { ...says }
  return signIn(provider.visit, more)
}
/** A token of an operator's. */
const invited = async ({ backend }: Pick<Started, 'backend'>, email?: string) =>
  String((await backend.invitations.create({ email, role: 'user' })).token)

await test('S90 a server that is closed lets nobody register, by no version and no provider', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const before = await start(t, { databaseUrl, env: { REGISTRATION: 'invite' } })
  const invitation = await invited(before)
  const node = await opened(t, { databaseUrl, env: { REGISTRATION: 'closed' } })
  const words = 'Nobody can register on this server: an admin makes the accounts'
  for (const more of [{}, { invitation }]) {
    refused(t, await send(node, V2, { ...alice, ...more }), 403, 'registration_closed')
    const plain = await send(node, V1, { ...alice, ...more })
    t.match(plain, { status: 403, body: { error: 'Forbidden', message: words } })
    refused(t, await arrive(node, { sub: '7' }, more), 403, 'registration_closed')
  }
  t.equal(await node.backend.accounts.count(), 0)
  t.equal((await node.backend.invitations.list()).length, 1, 'the invitation is as good as before')

  await node.backend.accounts.register(alice)
  t.match(
    await send(node, '/api/v2/auth/login', { identifier: 'alice', password: PASSWORD }),
    { status: 200 },
    'who has an account logs in',
  )
})

await test('S90 where nobody registers, nobody is invited', async (t) => {
  const node = await start(t, { env: { REGISTRATION: 'closed' } })
  const admin = await node.as('root-1', 'admin')
  for (const body of [{}, { email: 'a@example.com', role: 'moderator' }])
    refused(t, await admin.post('/api/v2/invitations', body), 403, 'registration_closed')
  t.strictSame(await node.backend.invitations.list(), [])
  const made = await admin.post('/api/v2/users', alice)
  t.equal(made.status, 201, 'an admin makes the accounts')
})

await test('S90 where only invited people register, an invitation is good once', async (t) => {
  const node = await opened(t, { env: { REGISTRATION: 'invite' } })
  refused(t, await send(node, V2, alice), 403, 'invitation_required')
  t.match(await send(node, V1, alice), {
    status: 403,
    body: { message: 'Registering on this server needs an invitation' },
  })
  refused(t, await arrive(node, { sub: '7' }), 403, 'invitation_required')
  for (const invitation of ['x', 'A'.repeat(43)]) {
    refused(t, await send(node, V2, { ...alice, invitation }), 422, 'invitation_invalid')
    t.match(await send(node, V1, { ...alice, invitation }), { status: 400 })
    refused(t, await arrive(node, { sub: '7' }, { invitation }), 422, 'invitation_invalid')
  }
  t.equal(await node.backend.accounts.count(), 0)

  const [first, second, third] = await Promise.all([invited(node), invited(node), invited(node)])
  const bad = { ...alice, password: 'password1', invitation: first }
  refused(t, await send(node, V2, bad), 422, 'validation_failed', 'that leaves it good')
  t.match(await send(node, V2, { ...alice, invitation: first }), { status: 201 })
  t.match(await send(node, V1, { username: 'bob', password: PASSWORD, invitation: second }), {
    status: 201,
  })
  t.match(await arrive(node, { sub: '7', name: 'carol' }, { invitation: third }), { status: 200 })
  t.match(await arrive(node, { sub: '7' }), { status: 200 }, 'who is known needs none')
  for (const invitation of [first, second, third]) {
    const again = { username: 'mallory', password: PASSWORD, invitation }
    refused(t, await send(node, V2, again), 422, 'invitation_invalid')
    refused(t, await arrive(node, { sub: '8' }, { invitation }), 422, 'invitation_invalid')
  }
  t.equal(await node.backend.accounts.count(), 3)
})

await test('S90 of two who use an invitation at once one is too late', async (t) => {
  const node = await start(t, { env: { REGISTRATION: 'invite' } })
  const invitation = await invited(node)
  const replies = await Promise.all(
    ['alice', 'bob', 'carol', 'dora'].map((username, i) =>
      send(node, i % 2 === 0 ? V2 : V1, { username, password: PASSWORD, invitation }),
    ),
  )
  t.equal(replies.filter(({ status }) => status === 201).length, 1)
  t.equal(await node.backend.accounts.count(), 1)
})

await test('S90 where some domains register, others do not, however they are spelt', async (t) => {
  const env = { REGISTRATION_DOMAINS: 'example.com, MÜNCHEN.example' }
  const node = await start(t, { env })
  const reply = await send(node, V2, alice)
  refused(t, reply, 422, 'validation_failed')
  t.match(reply.body.errors, [{ pointer: '#/email', code: 'required' }])
  t.match(await send(node, V1, alice), { status: 400, body: { message: 'email is required' } })
  for (const email of [
    'a@example.org',
    'a@sub.example.com',
    'a@example.com.example.org',
    'a@xample.com',
    'a@munchen.example',
  ]) {
    const other = await send(node, V2, { ...alice, email })
    refused(t, other, 422, 'validation_failed', email)
    t.match(other.body.errors, [{ pointer: '#/email', code: 'domain_not_allowed' }], email)
    t.match(await send(node, V1, { ...alice, email }), { status: 400 }, email)
  }
  t.equal(await node.backend.accounts.count(), 0)
  for (const [i, email] of [
    'a@example.com',
    'b@EXAMPLE.COM',
    'c@münchen.example',
    'd@xn--mnchen-3ya.example',
  ].entries())
    for (const [version, url] of [V1, V2].entries()) {
      const body = { username: `user-${i}-${version}`, password: PASSWORD, email }
      t.match(await send(node, url, body), { status: 201 }, `${url} ${email}`)
    }
  t.equal(
    await node.backend.accounts.count(),
    8,
    'S16 that an account has the address is not told by v1 either',
  )
})

await test('S90 a provider must have verified an address of such a domain', async (t) => {
  const node = await opened(t, { env: { REGISTRATION_DOMAINS: 'example.com' } })
  for (const person of [
    { sub: '7' },
    verified('7', 'a@example.org'),
    { sub: '7', email: 'a@example.com', email_verified: false },
  ])
    refused(t, await arrive(node, person), 403, 'email_domain_not_allowed')
  t.equal(await node.backend.accounts.count(), 0)
  t.match(await node.become(verified('7', 'a@Example.com')), { email: 'a@Example.com' })
  const invitation = await invited(node)
  const other = verified('8', 'b@example.org')
  refused(t, await arrive(node, other, { invitation }), 403, 'email_domain_not_allowed')
  const before = await everything(node.backend)
  t.equal(before.users.length, 1)
  t.match(await arrive(node, other, { invitation: await invited(node, 'b@example.org') }), {
    status: 200,
  })
})

await test('S90 who comes by a provider gets no address that another account has confirmed meanwhile', async (t) => {
  const server = await mailServer(t)
  const env = { SMTP_URL: server.url, MAIL_FROM: 'noreply@example.com', REGISTRATION: 'invite' }
  const node = await opened(t, { env })
  await invited(node, 'alice@example.com')
  await node.backend.outbox.deliver()
  const invitation = tokenIn(server.mails.at(-1)!)
  await node.local('alice', 'alice@example.com')
  const late = await arrive(node, { sub: '7' }, { invitation })
  refused(t, late, 409, 'email_taken')
  t.equal(await node.backend.accounts.count(), 1)
  t.equal((await node.backend.invitations.list()).length, 1, 'the invitation is as good as before')
})
