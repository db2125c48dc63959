import { test } from 'tap'
import { eq } from '../../../src/db/drizzle.ts'
import { start, type Started } from '../../helper.ts'
import { PASSWORD, refused } from './session.ts'
import { opened } from './signing-in.ts'

const V1 = '/api/v1/users'
const V2 = '/api/v2/auth/register'
const register = ({ request }: Pick<Started, 'request'>, url: string, username: string) =>
  request('POST', url, { body: { username, password: PASSWORD } })
const told = [{ pointer: '#/username', code: 'username_confusable' }]
const ALIKE = 'username looks like that of another account'

await test('S90 a name that mixes scripts is refused, new or renamed, by both versions', async (t) => {
  const node = await start(t)
  const bob = await node.as('bob')
  for (const username of ['аlice', 'alicе', 'Ольга-smith', 'βob-a', 'аaa', '山кит', 'ⲁⲃ-ab']) {
    const reply = await register(node, V2, username)
    refused(t, reply, 422, 'validation_failed', username)
    t.match(reply.body.errors, told, username)
    t.match(await register(node, V1, username), {
      status: 400,
      body: { error: 'Bad Request', message: 'username must not mix scripts' },
    })
    t.match(await bob.patch('/api/v2/me', { username }), { status: 422, body: { errors: told } })
    t.match(await bob.put(`${V1}/${bob.id}`, { username }), { status: 400 })
  }
  t.equal(await node.backend.accounts.count(), 1)
  t.match(await bob.get('/api/v2/me'), { body: { username: 'bob' } })
  const everything = await register(node, V2, 'аlice\0')
  t.match(everything.body.errors, [{ code: 'malformed_text' }])
})

await test('S90 a name in one script that looks like another account’s is refused', async (t) => {
  const node = await start(t)
  const bob = await node.as('bob')
  for (const username of ['paypa', 'HAT', 'Оса']) await register(node, V1, username)
  const count = await node.backend.accounts.count()
  for (const username of ['раура', 'РАУРА', 'ΗΑΤ', 'oca']) {
    const reply = await register(node, V2, username)
    refused(t, reply, 422, 'validation_failed', username)
    t.match(reply.body.errors, [{ ...told[0], detail: ALIKE }], username)
    t.match(await register(node, V1, username), { status: 400, body: { message: ALIKE } })
    t.match(await bob.patch('/api/v2/me', { username }), { status: 422, body: { errors: told } })
  }
  t.equal(await node.backend.accounts.count(), count)
  refused(t, await register(node, V2, 'PAYPA'), 409, 'username_taken')
  t.match(await bob.patch('/api/v2/me', { username: 'BOB' }), { status: 200 })
})

await test('S90 honest names in one script are taken, and those that are written together', async (t) => {
  const node = await start(t)
  for (const username of [
    'алиса',
    'Ελένη',
    '山田太郎',
    'たなかタロウ-taro',
    '金철수',
    'zoë',
    'أحمد',
    'अमित',
    'วิชัย',
    'ᏣᎳᎩ',
    '𐌰𐌱𐌲',
    'bill',
    'b1ll',
    'modern',
    'rnodern',
  ])
    t.match(await register(node, V2, username), { status: 201 }, username)
})

await test('S90 of two that look alike at once one is too late', async (t) => {
  const node = await start(t)
  const names = ['paypa', 'раура', 'РАУРА', 'раУра']
  const replies = await Promise.all(names.map((username) => register(node, V2, username)))
  t.equal(replies.filter(({ status }) => status === 201).length, 1)
  t.equal(await node.backend.accounts.count(), 1)
})

await test('S90 newcomers from a provider get another name', async (t) => {
  const { become, as } = await opened(t)
  await as('paypa')
  t.match((await become({ sub: '1', preferred_username: 'раура' })).username, /^раура-\d{1,7}$/)
  t.match((await become({ sub: '2', preferred_username: 'pаypa', name: 'Zoë' })).username, 'Zoë')
})

await test('S90 names from before are compared with, and stay', async (t) => {
  const node = await start(t)
  const { backend } = node
  const old = await register(node, V1, 'paypa')
  const { users, derivations } = backend.store.tables
  await backend.store.transaction(function* (tx) {
    yield* tx.query((q) => q.update(users).set({ usernameSkeleton: '', username: 'раypa' }))
    yield* tx.query((q) => q.delete(derivations).where(eq(derivations.name, 'user_skeleton')))
  })
  await backend.prepare()
  t.match(await backend.store.query((q) => q.select().from(users)), [
    { id: old.body.id, username: 'раypa', usernameSkeleton: 'paypa' },
  ])
  refused(t, await register(node, V2, 'раура'), 422, 'validation_failed')
})
