import { test } from 'tap'
import { start } from '../../helper.ts'
import { type Client, everything } from '../refusals.ts'
import { NO_USER, NOT_ADMIN, refuses, STALE } from './refusals.ts'

const ME = '/api/v2/me'
const profileOf = (id: number) => `/api/v2/users/${id}`
const tagOf = async (client: Pick<Client, 'get'>, url = ME) =>
  String((await client.get(url)).headers['etag'])

await test('the entity tag of an account is strong, and changes with the account alone', async (t) => {
  const { as, login, request } = await start(t)
  const alice = await as('alice')
  const boss = await as('boss', 'admin')
  const profile = profileOf(alice.id)
  let before = ''
  const changed = async (name: string) => {
    const [mine, whole, shown] = [
      await tagOf(alice),
      await tagOf(boss, profile),
      String((await request('GET', profile)).headers['etag']),
    ]
    for (const tag of [mine, whole, shown]) t.match(tag, /^"[\x21\x23-\x7e]+"$/, `${name}: strong`)
    t.equal(mine, whole, `${name}: one view, one tag`)
    t.not(mine, shown, `${name}: another view, another tag`)
    t.equal(await tagOf(alice, profile), shown, `${name}: of oneself one sees there what all see`)
    const head = await alice.send('HEAD', ME)
    t.match(head, { status: 200, text: '', headers: { etag: mine } }, `${name}: HEAD as GET`)
    const isNew = mine !== before
    before = mine
    return isNew
  }
  await changed('at first')
  const { etag } = (await alice.patch(ME, { phone: '+123' })).headers
  t.ok(await changed('a change'))
  t.equal(etag, before, 'a change tells the new one')
  await alice.put(`/api/v1/users/${alice.id}`, { phone: null })
  t.ok(await changed('a change in v1'), 'v1 raises the same revision')
  const given = (await boss.patch(profile, { role: 'moderator' })).headers
  t.ok(await changed('another role'))
  t.equal(given['etag'], before)

  await login('alice', alice.id)
  await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  await alice.post('/api/v2/auth/reauthenticate', { password: alice.password })
  await alice.patch(ME, { username: 'admin' })
  await as('bob')
  t.notOk(await changed('what is no change of the account'))
})

/** `{}` stands for the tag that the reply has. */
const KNOWN = [
  '{}',
  '*',
  ' * ',
  'W/{}',
  '"x", {}',
  '{},"x"',
  'W/"x" ,\t W/{}',
  ', {} ,,',
  '"a,b",{}',
]
const UNKNOWN = [
  '"x"',
  '',
  ',',
  '{',
  'a1',
  '"a1',
  '{}x',
  '{} "x"',
  '*, {}',
  '{}, *',
  '"W/a1"',
  '"aW/1"',
]

await test('If-None-Match spares a client what it has', async (t) => {
  const { as, request } = await start(t)
  const alice = await as('alice')
  const boss = await as('boss', 'admin')
  const readers: Array<[name: string, url: string, get: Client['get']]> = [
    ['oneself', ME, alice.get],
    ['an admin', profileOf(alice.id), boss.get],
    ['anyone', profileOf(alice.id), (url, more) => request('GET', url, more)],
  ]
  for (const [name, url, get] of readers) {
    const whole = await get(url)
    const tag = String(whole.headers['etag'])
    const ask = (field: string) =>
      get(url, { headers: { 'if-none-match': field.replace('{}', tag) } })
    for (const field of KNOWN) {
      const reply = await ask(field)
      t.match(reply, { status: 304, text: '', headers: { etag: tag } }, `${name}: ${field}`)
      t.notOk(reply.headers['content-type'], `${name}: ${field}`)
    }
    for (const field of UNKNOWN)
      t.match(await ask(field), { status: 200, body: whole.body, headers: { etag: tag } }, field)
  }
  const whole = await tagOf(boss, profileOf(alice.id))
  const publicly = await request('GET', profileOf(alice.id), {
    headers: { 'if-none-match': whole },
  })
  t.match(publicly, { status: 200, body: { username: 'alice' } }, 'the tag of another view')
  const headers = { 'if-none-match': await tagOf(alice) }
  t.match(await alice.send('HEAD', ME, undefined, { headers }), { status: 304, text: '' })
  await alice.patch(ME, { phone: '+123' })
  t.match(await alice.get(ME, { headers }), { status: 200, body: { phone: '+123' } })
  const any = { headers: { 'if-none-match': '*' } }
  t.match(await alice.get(profileOf(2147483647), any), { status: 404 })
  t.match(await request('GET', ME, any), { status: 401 })
})

const MATCHING = ['{}', '*', ' * ', '"x", {}', '{},W/"x"', ', {} ,,', '"a,b",{}']
const WEAK = ['W/{}', 'W/{}, W/"x"']
/** `#` stands for the revision, which alone is no tag. */
const OTHERS = [
  '"x"',
  '"a0"',
  '"a999"',
  '"a0#"',
  '"a+#"',
  '"a#.0"',
  '"a#e0"',
  '"p#"',
  '"b#"',
  '"#"',
]
const GARBAGE = ['', ',', '""', 'a#', '#', '"a#', '{}x', '*, {}', '{}, *', 'W/*']

await test('If-Match lets a write proceed that has seen the present state, and no other', async (t) => {
  const started = await start(t)
  const { as } = started
  const alice = await as('alice')
  const boss = await as('boss', 'admin')
  const profile = profileOf(alice.id)
  const writes: Array<[call: string, by: Client, body: object | undefined]> = [
    ['PATCH /me', alice, { phone: '+123' }],
    [`PATCH /users/${alice.id}`, boss, { role: 'user' }],
  ]
  for (const [call, by, body] of writes) {
    const [method = '', path = ''] = call.split(' ')
    for (const field of MATCHING) {
      const headers = { 'if-match': field.replace('{}', await tagOf(alice)) }
      const reply = await by.send(method, `/api/v2${path}`, body, { headers })
      t.match(reply, { status: 200, headers: { etag: await tagOf(alice) } }, `${call} ${field}`)
    }
  }
  const stale = await tagOf(alice)
  await alice.put(`/api/v1/users/${alice.id}`, { phone: '+321' })
  const present = await tagOf(alice)
  const removals = [
    ['DELETE /me', alice, undefined],
    [`DELETE /users/${alice.id}`, boss, undefined],
  ] as const
  for (const [call, by, body] of [...writes, ...removals])
    await refuses(
      t,
      started,
      by,
      [stale, ...WEAK, ...OTHERS, ...GARBAGE].map((field) => ({
        call,
        ...(body && { body }),
        name: field,
        headers: {
          'if-match': field.replace('{}', present).replace('#', present.replaceAll(/\D/g, '')),
        },
        ...STALE,
      })),
    )
  const bob = await as('bob')
  const headers = { 'if-match': `"x", ${await tagOf(bob)}` }
  t.equal((await bob.delete(ME, undefined, { headers })).status, 204)
  t.equal((await boss.delete(profile, undefined, { headers: { 'if-match': '*' } })).status, 204)
})

await test('the precondition is asked last', async (t) => {
  const started = await start(t)
  const { as } = started
  const alice = await as('alice')
  const boss = await as('boss', 'admin')
  const headers = { 'if-match': '"a0"' }
  const token = { status: 401, code: 'token_missing', message: 'Missing token' }
  await refuses(t, started, undefined, [{ call: 'PATCH /me', headers, ...token }])
  for (const call of ['PATCH /users/2147483647', 'DELETE /users/2147483647'])
    for (const by of [alice, boss])
      await refuses(t, started, by, [{ call, body: { role: 'user' }, headers, ...NO_USER }])
  for (const call of [`PATCH /users/${boss.id}`, `DELETE /users/${boss.id}`])
    await refuses(t, started, alice, [{ call, body: { role: 'user' }, headers, ...NOT_ADMIN }])
  const bad = await alice.patch(ME, { username: 'a b' }, { headers })
  t.match(bad, { status: 422, body: { code: 'validation_failed' } })
})

await test('S46 of twenty writers who have seen the same state exactly one wins', async (t) => {
  const { as, backend } = await start(t)
  const boss = await as('boss', 'admin')
  for (const round of [1, 2, 3]) {
    const alice = await as(`alice-${round}`)
    const url = profileOf(alice.id)
    const headers = { 'if-match': await tagOf(alice) }
    const before = await backend.accounts.find(alice.id)
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? alice.patch(ME, { phone: `+1${i}0` }, { headers })
          : boss.patch(url, { role: 'moderator' }, { headers }),
      ),
    )
    const won = replies.filter(({ status }) => status === 200)
    const late = replies.filter(({ body }) => body.code === 'precondition_failed')
    t.strictSame([won.length, late.length], [1, 19])
    const after = await backend.accounts.find(alice.id)
    t.equal(after.revision, before.revision + 1)
    t.match(won[0]?.body, { phone: after.phone ?? null, role: after.role }, 'the one that was told')
    t.equal(won[0]?.headers['etag'], await tagOf(alice))
  }
})

await test('S46 of twenty who would delete what they have seen one does, unless somebody changed it', async (t) => {
  const { as, backend } = await start(t)
  const boss = await as('boss', 'admin')
  const alice = await as('alice')
  await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  const headers = { 'if-match': await tagOf(alice) }
  const url = profileOf(alice.id)
  await Promise.all([
    alice.patch(ME, { phone: '+123' }),
    ...Array.from({ length: 19 }, () => boss.delete(url, undefined, { headers })),
  ]).then(([change, ...removals]) => {
    const statuses = removals.map(({ status }) => status).toSorted((a, b) => a - b)
    const isGone = statuses[0] === 204
    t.equal(change.status, isGone ? 401 : 200)
    const others = isGone ? 404 : 412
    t.strictSame(
      statuses.slice(1),
      Array.from({ length: 18 }, () => others),
    )
  })
  const { users, posts } = await everything(backend)
  t.equal(
    users.some(({ id }) => id === alice.id),
    posts.length === 1,
    'all of it, or nothing',
  )
})
