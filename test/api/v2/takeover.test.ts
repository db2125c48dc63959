import { test } from 'tap'
import { eq } from '../../../src/db/drizzle.ts'
import { bearer } from '../v1/forge.ts'
import { left, NOTHING } from './account-left.ts'
import { breakIn, intrude, type Scene, scene } from './intruder.ts'
import { NEW_PASSWORD, PASSWORD } from './mailing.ts'
import { login, sessionOf } from './session.ts'

/** What an intruder does in intruder.ts, because something of it is left afterwards that lets somebody in. */
const KEPT = `v2 createApiKey, v2 linkIdentity, v2 loginByProvider, v2 updateMe, v2 beginTotp, v2 createExport, v2 createInvitation,
  v2 forgotPassword, v2 refresh`
/** Records, and what takes something away or is asked for with a password. An operation that is new belongs to one or the other. */
const LEFT = `v1 login, v1 refresh, v1 logout, v1 endSession, v1 registerUser, v1 updateUser, v1 deleteUser, v1 createPost, v1 updatePost,
  v1 deletePost, v1 createTodo, v1 deleteTodos, v1 updateTodo, v1 deleteTodo, v1 createBook, v1 updateBook, v1 deleteBook,
  v2 register, v2 login, v2 logout, v2 reauthenticate, v2 changePassword, v2 verifyEmail, v2 resendEmail, v2 resetPassword,
  v2 introspectToken, v2 revokeToken, v2 deleteApiKey, v2 deleteTotp, v2 confirmTotp, v2 renewRecoveryCodes, v2 deleteIdentity,
  v2 deleteSession, v2 deleteInvitation, v2 createUser, v2 importTodos, v2 importBooks, v2 deleteMe, v2 createPost, v2 updatePost,
  v2 deletePost, v2 bulkPosts, v2 createTodo, v2 updateTodo, v2 deleteTodo, v2 bulkTodos, v2 createBook, v2 updateBook, v2 deleteBook,
  v2 bulkBooks, v2 updateUser, v2 deleteUser, v2 deleteUserTotp`
const names = (list: string) => list.split(/,\s+/)

const RECOVERIES: Record<string, { by: (all: Scene) => Promise<unknown>; action: string }> = {
  'a reset by mail': { by: (all) => all.reset(), action: 'password.reset' },
  'a password that an operator sets': {
    by: ({ backend, id }) => backend.accounts.setPassword(id, NEW_PASSWORD),
    action: 'password.change',
  },
  'a suspension': {
    by: async ({ backend, id }) => {
      await backend.accounts.setStatus(id, 'suspended')
      await backend.accounts.setStatus(id, 'active')
    },
    action: 'status.change',
  },
}

await test('S82 every operation is one that an intruder uses here, or leaves nothing that lets anybody in', async (t) => {
  const { documents } = await scene(t)
  const unsafe = (['v1', 'v2'] as const).flatMap((version) =>
    Object.values<Record<string, { operationId?: string }>>(documents[version].paths).flatMap(
      (path) =>
        Object.entries(path)
          .filter(([method]) => ['post', 'put', 'patch', 'delete'].includes(method))
          .map(([, { operationId }]) => `${version} ${operationId}`),
    ),
  )
  t.strictSame([...names(KEPT), ...names(LEFT)].toSorted(), unsafe.toSorted())
})

for (const [how, { by, action }] of Object.entries(RECOVERIES))
  await test(`S82 after ${how} nothing that an intruder holds opens any door`, async (t) => {
    const all = await scene(t)
    const loot = await intrude(t, all)
    await by(all)
    t.strictSame(await left(all), NOTHING)
    if (action === 'status.change') await all.backend.accounts.setPassword(all.id, NEW_PASSWORD)
    t.strictSame(await breakIn(all, loot), [])

    const owner = sessionOf(all, await login(all, 'owner', NEW_PASSWORD))
    t.match(await owner.send('GET', '/api/v2/me'), {
      status: 200,
      body: { email: 'owner@example.com', pending_email: null },
    })
    const { body } = await owner.send('GET', '/api/v2/me/activity')
    const told = body.data.find((event: { action: string; detail: string | null }) => {
      return event.action === action && event.detail !== null
    })
    t.match(told?.detail, /^\d sessions, 1 API key, 1 linked sign-in, 1 pending address, /)
    t.match(told?.detail, /, \d mailed links?, 1 export link, 1 invitation, 1 unconfirmed second f/)
    t.ok(told?.detail.length <= 200)
    if (action === 'status.change') return
    const mails = (await all.delivered()).filter(({ subject }) => subject?.includes('password'))
    t.match(mails, [{ to: [{ address: 'owner@example.com' }] }])
    t.ok(mails[0]?.text?.replaceAll(/\s+/g, ' ').includes(`With it ended: ${told.detail}.`))
  })

await test('S82 a change of the password ends the links, the pending address, and the keys if asked to', async (t) => {
  const all = await scene(t)
  const loot = await intrude(t, all)
  const change = (more: object) =>
    all.own.send('POST', '/api/v2/auth/password/change', {
      current_password: PASSWORD,
      new_password: NEW_PASSWORD,
      ...more,
    })
  for (const revoke of ['api_keys', ['sessions'], ['api_keys', 'api_keys'], [1]])
    t.match(await change({ revoke }), { status: 422 })
  t.match(await change({ revoke: [] }), { status: 204 })
  t.match(await left(all), { sessions: 1, keys: 1, tokens: 0, pending: null, invitations: 0 })
  t.equal(
    (await all.request('GET', '/api/v2/me', { headers: { 'x-api-key': loot.key } })).status,
    200,
    'the programs of the owner go on',
  )
  for (const token of loot.pending)
    t.match(await all.auth('email/verify', { token }), { body: { code: 'link_invalid' } })
  t.match(await all.request('GET', loot.archive), { status: 404 })
  const again = { current_password: NEW_PASSWORD, new_password: PASSWORD, revoke: ['api_keys'] }
  t.match(await change(again), { status: 204 })
  t.match(await left(all), { sessions: 1, keys: 0 })
  const { body } = await all.own.send('GET', '/api/v2/me/activity')
  t.match(
    body.data.filter(({ action, outcome }: Record<string, string>) => {
      return action === 'password.change' && outcome === 'success'
    }),
    [{ detail: '1 API key' }, { detail: /^2 sessions, 1 pending address, / }],
  )
})

await test('S82 what somebody set up before the owner of the address confirmed it does not survive a reset', async (t) => {
  const all = await scene(t)
  const { other, spend, goTo, auth, linkTo, backend } = all
  const address = 'victim@example.com'
  other.state.says = { sub: 'squatter', email: address, email_verified: false }
  const { code, verifier } = await goTo(other.visit, 'other')
  const squatter = sessionOf(all, await spend({ code, verifier }, 'other'))
  const { id } = (await squatter.send('GET', '/api/v2/me')).body
  const key = await squatter.send('POST', '/api/v2/auth/api-keys', {
    name: 'x',
    scopes: ['account:read'],
  })
  t.equal(key.status, 201)
  t.match(await auth('email/verify', { token: await linkTo(address) }), { status: 204 })
  await auth('password/forgot', { email: address })
  const reset = { token: await linkTo(address), new_password: NEW_PASSWORD }
  t.match(await auth('password/reset', reset), { status: 204 })
  t.match(await left({ backend, id }), { sessions: 0, keys: 0, identities: 0 })
})

await test('S82 the sign-in that an account came of stays, when it has confirmed the address itself', async (t) => {
  const all = await scene(t)
  const { other, spend, goTo, auth, linkTo, backend, provider } = all
  const address = 'newcomer@example.com'
  other.state.says = { sub: 'newcomer', email: address, email_verified: true }
  const arrive = async () => {
    const { code, verifier } = await goTo(other.visit, 'other')
    return sessionOf(all, await spend({ code, verifier }, 'other'))
  }
  const owner = await arrive()
  const { id } = (await owner.send('GET', '/api/v2/me')).body
  provider.state.says = { sub: 'added' }
  const { code, verifier } = await goTo(provider.visit)
  t.match(await owner.send('POST', '/api/v2/me/identities', { code, verifier }), { status: 201 })
  t.equal((await left({ backend, id })).identities, 2)
  await auth('password/forgot', { email: address })
  const reset = { token: await linkTo(address), new_password: NEW_PASSWORD }
  t.match(await auth('password/reset', reset), { status: 204 })
  t.equal((await left({ backend, id })).identities, 1, 'what was added since has ended')
  t.equal((await (await arrive()).send('GET', '/api/v2/me')).body.id, id)
})

await test('S82 an address that must be confirmed before anything else stays to be confirmed', async (t) => {
  const all = await scene(t)
  const { auth, backend, clock, linkTo, request } = all
  const email = 'first@example.com'
  const { body } = await auth('register', { username: 'first', password: PASSWORD, email })
  const { users } = backend.store.tables
  await backend.store.transaction((tx) =>
    tx.query((q) => q.update(users).set({ emailMustConfirm: true }).where(eq(users.id, body.id))),
  )
  const before = await linkTo(email)
  await backend.accounts.setPassword(body.id, NEW_PASSWORD)
  t.match(await auth('email/verify', { token: before }), { body: { code: 'link_invalid' } })
  const person = sessionOf(all, await login(all, 'first', NEW_PASSWORD))
  clock.advance(61)
  t.match(await person.send('POST', '/api/v2/auth/email/resend'), { status: 202 })
  t.match(await auth('email/verify', { token: await linkTo(email) }), { status: 204 })
  t.match(await request('GET', '/api/v2/me', bearer(person.access)), {
    status: 200,
    body: { email },
  })
})
