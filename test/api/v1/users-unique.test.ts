import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything } from '../refusals.ts'
import { refuses } from './refusals.ts'

const password = 'a lantern in the attic'

await test('names and addresses are unique', async (t) => {
  const started = await start(t)
  const { as, backend, request } = started
  const alice = await as('alice')
  const bob = await as('Straße')
  await alice.put(`/api/v1/users/${alice.id}`, { email: 'Alice@Example.com' })
  const put = `PUT /users/${bob.id}`
  const register = (body: object) => request('POST', '/api/v1/users', { body })

  await t.test('whatever their case and form, when registering and when changing', async (t) => {
    const name = 'Username already exists'
    const email = 'Email already exists'
    const taken: Array<[body: object, message: string]> = [
      [{ username: 'alice' }, name],
      [{ username: 'ALICE' }, name],
      [{ username: 'Ａｌｉｃｅ' }, name],
      [{ email: 'Alice@Example.com' }, email],
      [{ email: 'alice@EXAMPLE.COM' }, email],
    ]
    for (const [body, message] of taken) {
      const newcomer = { username: 'newcomer', password, ...body }
      await refuses(t, started, bob, [
        { call: 'POST /users', body: newcomer, status: 400, message },
        { call: put, body: { phone: '+123', ...body }, status: 400, message },
      ])
    }
    await refuses(t, started, undefined, [
      { call: 'POST /users', body: { username: 'STRAßE', password }, status: 400, message: name },
    ])
  })

  await t.test('but one may spell the own ones anew', async (t) => {
    const own = { username: 'ALICE', email: 'ALICE@example.com' }
    t.hasStrict(await alice.put(`/api/v1/users/${alice.id}`, own), { status: 200, body: own })
    t.hasStrict(await alice.put(`/api/v1/users/${alice.id}`, own), { status: 200, body: own })
  })

  await t.test('until they are given up', async (t) => {
    const email = 'passed-on@example.com'
    const carol = await as('carol')
    await carol.put(`/api/v1/users/${carol.id}`, { username: 'caroline', email })
    t.equal((await register({ username: 'carol', password })).status, 201)
    await carol.put(`/api/v1/users/${carol.id}`, { email: null })
    t.equal((await register({ username: 'second', password, email })).status, 201)
    await carol.delete(`/api/v1/users/${carol.id}`)
    t.equal((await register({ username: 'Caroline', password })).status, 201)
  })

  await t.test('also when 20 register at once', async (t) => {
    const rush = (one: (i: number) => object) =>
      Promise.all(Array.from({ length: 20 }, (_, i) => register({ password, ...one(i) })))
    const spelt = (name: string, i: number) => (i % 2 === 0 ? name : name.toUpperCase())
    const names = await rush((i) => ({ username: spelt('rushed', i) }))
    const emails = await rush((i) => ({ username: `rusher-${i}`, email: spelt('rush@b', i) }))
    for (const [replies, message] of [
      [names, 'Username already exists'],
      [emails, 'Email already exists'],
    ] as const) {
      const refused = replies.filter(({ status }) => status !== 201)
      t.equal(refused.length, 19, 'one is first')
      const late = refused.filter(({ status }) => status !== 503)
      t.ok(late.length > 0, 'others reach the database; when too many wait for a hash it is 503')
      for (const { status, body } of late)
        t.strictSame([status, body], [400, { error: 'Bad Request', message }])
    }
    const { users } = await everything(backend)
    t.equal(users.filter(({ usernameKey }) => usernameKey === 'rushed').length, 1)
    t.equal(users.filter(({ emailKey }) => emailKey === 'rush@b').length, 1)
    t.equal(users.filter(({ usernameKey }) => usernameKey.startsWith('rusher')).length, 1)
  })
})
