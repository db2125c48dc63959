import { test, type Test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { start } from '../../helper.ts'
import { actorOf } from '../credentials.ts'
import { events, PASSWORD, refused } from './session.ts'
import { scene } from './mailing.ts'

const PATH = '/api/v2/invitations'
const alice = { username: 'alice', password: PASSWORD }

/** A server that mails, and an admin. */
async function office(t: Test) {
  const node = await scene(t)
  const boss = await node.as('boss', 'admin')
  const invite = async (body: object) => (await boss.post(PATH, body)).body
  const join = (username: string, invitation: unknown, more: object = {}) =>
    node.post('register', { username, password: PASSWORD, invitation, ...more })
  const open = async () => (await node.backend.invitations.list()).length
  return { ...node, boss, invite, join, open }
}

await test('S90 an invitation that is mailed makes an account whose address is confirmed', async (t) => {
  const { boss, delivered, join, logsIn, request, server, backend } = await office(t)
  const made = await boss.post(PATH, { email: 'Alice@example.com', role: 'moderator' })
  t.match(made, { status: 201, headers: { 'cache-control': 'no-store' } })
  t.match(made.body, {
    email: 'Alice@example.com',
    role: 'moderator',
    mailed: true,
    token: null,
    created_by: boss.id,
  })
  const { token: _token, ...shown } = made.body
  t.equal(Date.parse(shown.expires_at) - Date.parse(shown.created_at), 7 * 24 * 3600_000)
  t.strictSame((await boss.get(PATH)).body.data, [shown])
  const [mail] = await delivered()
  t.strictSame(mail?.to, [{ address: 'Alice@example.com', name: '' }])
  t.match(mail?.text, /^Hello,\n[^]+http:\/\/localhost:3000\/i#[\w-]{40}\n/)
  t.match(await request('GET', '/accept-invitation'), {
    status: 200,
    headers: { 'content-type': /html/ },
  })

  const token = mail && tokenIn(mail)
  const other = await join('alice', token, { email: 'mallory@example.com' })
  refused(t, other, 422, 'validation_failed')
  t.match(other.body.errors, [{ pointer: '#/email', code: 'not_acceptable' }])
  const reply = await join('alice', token)
  t.match(reply, { status: 201 })
  t.match(reply.body, { email: 'Alice@example.com', pending_email: null, role: 'moderator' })
  t.equal(await logsIn('alice@example.com'), 200)
  t.match(await boss.get(PATH), { body: { data: [] } })
  refused(t, await join('bob', token), 422, 'invitation_invalid')
  t.strictSame(await delivered(), [], 'there is nothing to confirm')
  t.equal(server.mails.length, 1)
  const [accepted] = await events({ backend, request }, 'invitation.accept')
  t.match(accepted, { actorId: reply.body.id, targetId: String(shown.id), outcome: 'success' })
  t.equal((await events({ backend, request }, 'invitation.create')).length, 1)
})

await test('S90 an address that came by no mail has still to be confirmed', async (t) => {
  const { as, request } = await start(t)
  const boss = await as('boss', 'admin')
  const made = await boss.post(PATH, { email: 'alice@example.com' })
  t.match(made, { status: 201, body: { mailed: false, token: /^[\w-]{40}$/, role: 'user' } })
  const invitation = made.body.token
  const body = { ...alice, invitation }
  const reply = await request('POST', '/api/v2/auth/register', { body })
  t.match(reply, { status: 201, body: { email: null, pending_email: 'alice@example.com' } })
})

await test('S90 an invited address is taken from who has not confirmed it, and from nobody else', async (t) => {
  const { delivered, invite, join, me, post, verified, backend, login } = await office(t)
  await verified('owner', 'owner@example.com')
  await invite({ email: 'OWNER@example.com' })
  const [late] = await delivered()
  refused(t, await join('second', late && tokenIn(late)), 409, 'email_taken')
  const squatter = await backend.accounts.register({
    username: 'squatter',
    password: PASSWORD,
    email: 'alice@example.com',
  })
  await invite({ email: 'alice@example.com' })
  const [mail] = await delivered()
  t.match(await join('alice', mail && tokenIn(mail)), {
    status: 201,
    body: { email: 'alice@example.com' },
  })
  t.match(await me(await login('squatter', squatter.id)), { email: null })
  t.match(await post('login', { identifier: 'alice@example.com', password: PASSWORD }), {
    status: 200,
  })
})

await test('S90 an invitation ends after 7 days, when it is revoked, and with a newer one', async (t) => {
  const { boss, clock, delivered, invite, join, open, backend, request } = await office(t)
  const { id, token } = await invite({})
  t.match(await boss.delete(`${PATH}/${id}`), { status: 204 })
  refused(t, await join('alice', token), 422, 'invitation_invalid')
  refused(t, await boss.delete(`${PATH}/${id}`), 404, 'not_found')
  t.equal((await events({ backend, request }, 'invitation.revoke')).length, 1)

  await invite({ email: 'alice@example.com', role: 'admin' })
  await invite({ email: 'ALICE@example.com' })
  const mails = await delivered()
  t.equal(mails.length, 1, 'the first is not sent any more')
  t.equal(await open(), 1)

  const { token: late } = await invite({})
  clock.advance(7 * 24 * 3600)
  refused(t, await join('alice', late), 422, 'invitation_invalid')
  t.equal(await open(), 0)
  t.match(await backend.purge(), { invitations: 2 })
})

await test('S82 S90 what an admin has sent out ends with what makes them one', async (t) => {
  const { backend, boss, delivered, join, open, post, verified } = await office(t)
  const { accounts, invitations } = backend
  const person = await verified('carol', 'carol@example.com')
  const sent = async () => {
    await accounts.setRole(person.id, 'admin')
    await accounts.setStatus(person.id, 'active')
    // Whoever it was, their session has ended with the last round.
    const actor = actorOf({ id: person.id, username: person.username })
    return (await invitations.create({ role: 'admin' }, actor)).token
  }
  const kept = await invitations.create({ role: 'user' })
  const ends: Array<[name: string, end: () => Promise<unknown>]> = [
    ['demoted', () => accounts.setRole(person.id, 'moderator')],
    ['suspended', () => accounts.setStatus(person.id, 'suspended')],
    [
      'an operator sets the password',
      () => accounts.setPassword(person.id, 'a lantern in the attic'),
    ],
    [
      'they change it',
      async () => {
        const client = await post('login', {
          identifier: 'carol',
          password: 'a lantern in the attic',
        })
        const headers = { authorization: `Bearer ${client.body.access_token}` }
        const body = { current_password: 'a lantern in the attic', new_password: PASSWORD }
        t.match(await post('password/change', body, headers), { status: 204 })
      },
    ],
    [
      'they reset it',
      async () => {
        await delivered()
        await post('password/forgot', { email: 'carol@example.com' })
        const mail = (await delivered()).find(({ text }) => text?.includes('#'))
        const token = mail && tokenIn(mail)
        t.match(await post('password/reset', { token, new_password: 'an attic in the sky' }), {
          status: 204,
        })
      },
    ],
    [
      'they are deleted',
      async () => t.match(await boss.delete(`/api/v2/users/${person.id}`), { status: 204 }),
    ],
  ]
  for (const [name, end] of ends) {
    const token = await sent()
    t.equal(await open(), 2)
    await end()
    t.equal(await open(), 1, name)
    refused(t, await join('mallory', token), 422, 'invitation_invalid', name)
  }
  t.match(await join('dora', kept.token), { status: 201 }, 'those of others stay')
})

await test('S90 there are at most 500', async (t) => {
  const { as, backend } = await start(t)
  const boss = await as('boss', 'admin')
  const { invitations } = backend.store.tables
  const now = backend.clock.now()
  const rows = Array.from({ length: 499 }, (_, i) => ({
    digest: `x${i}`,
    mailed: false,
    role: 'user' as const,
    createdAt: now,
    expiresAt: new Date(now.getTime() + 60_000),
  }))
  await backend.store.transaction((tx) => tx.query((q) => q.insert(invitations).values(rows)))
  t.match(await boss.post(PATH, {}), { status: 201 })
  refused(t, await boss.post(PATH, {}), 409, 'too_many_invitations')
  t.equal((await boss.get(PATH)).body.data.length, 500)
})

await test('S90 what is no invitation is refused, and nobody but an admin invites', async (t) => {
  const { as, backend, request } = await start(t)
  const boss = await as('boss', 'admin')
  const mod = await as('mod', 'moderator')
  for (const body of [{ role: 'root' }, { email: 'x' }, { email: 'a@b c' }, { name: 'x' }, [], 5])
    refused(t, await boss.post(PATH, body), 422, 'validation_failed', JSON.stringify(body))
  refused(t, await mod.post(PATH, {}), 403, 'insufficient_role')
  refused(t, await mod.get(PATH), 403, 'insufficient_role')
  refused(t, await mod.delete(`${PATH}/1`), 403, 'insufficient_role')
  refused(t, await request('GET', PATH), 401, 'token_missing')
  refused(t, await boss.delete(`${PATH}/1`), 404, 'not_found')
  t.strictSame(await backend.invitations.list(), [])
})
