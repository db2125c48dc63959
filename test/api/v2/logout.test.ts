import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf } from '../v1/forge.ts'
import {
  enter,
  events,
  join,
  me,
  openSessions,
  refresh,
  refused,
  register,
  renew,
  type Session,
  sessionOf,
} from './session.ts'

const URL = '/api/v2/auth/logout'

/** Alice with three sessions, one of them of v1, and bob with one. */
async function open(t: Test) {
  const node = await start(t)
  const plain = await node.as('alice')
  const { accessToken: access, refreshToken, id } = plain
  const v1 = sessionOf(node, {
    ...(await plain.get('/api/v1/me')),
    body: {
      access_token: access,
      refresh_token: refreshToken,
      session_id: claimsOf(access)['sid'],
    },
  })
  const [one, two] = [await enter(node, 'alice'), await enter(node, 'alice')]
  const bob = await join(node, 'bob')
  for (const session of [v1, one, two, bob])
    t.match(await me(node, session.access), { status: 200 }, 'all tokens are remembered')
  return { node, id, v1, one, two, bob }
}

const ids = (sessions: Session[]) => sessions.map(({ sid }) => sid).toSorted()

for (const [name, body, survivors] of [
  ['nothing', undefined, ['v1', 'two']],
  ['an empty body', {}, ['v1', 'two']],
  ['this', { scope: 'this' }, ['v1', 'two']],
  ['others', { scope: 'others' }, ['one']],
  ['all', { scope: 'all' }, []],
] as const)
  await test(`S38 a logout with ${name} ends exactly those sessions, at once`, async (t) => {
    const world = await open(t)
    const { node, one, bob } = world
    const reply = await one.send('POST', URL, body)
    t.match(reply, { status: 204, text: '' })
    t.notOk(reply.headers['content-type'])
    t.notOk(reply.headers['set-cookie'], 'there was no cookie')
    for (const key of ['v1', 'one', 'two'] as const) {
      const session = world[key]
      if (survivors.some((survivor) => survivor === key)) {
        t.match(await me(node, session.access), { status: 200 }, `${key} goes on`)
        continue
      }
      refused(t, await me(node, session.access), 401, 'token_revoked', key)
      refused(t, await refresh(node, session.refresh), 401, 'token_revoked', key)
      const plain = await node.request('POST', '/api/v1/refresh', bearer(session.refresh))
      t.match(plain, { status: 401, body: { message: 'Token has been revoked' } }, key)
    }
    const left = survivors.map((key) => world[key])
    t.strictSame(await openSessions(node, world.id), ids(left))
    t.match(await me(node, bob.access), { status: 200 })
    const action = name === 'others' || name === 'all' ? `logout.${name}` : 'logout'
    t.match(await events(node, action), [{ actorId: world.id, targetId: one.sid }])
  })

await test('a logout that is refused ends nothing', async (t) => {
  const world = await open(t)
  const { node, v1, one, two } = world
  for (const [body, pointer] of [
    [{ scope: 'everyone' }, '#/scope'],
    [{ scope: null }, '#/scope'],
    [{ scope: ['all'] }, '#/scope'],
    [{ everywhere: true }, '#/everywhere'],
  ] as const) {
    const reply = await one.send('POST', URL, body)
    refused(t, reply, 422, 'validation_failed', JSON.stringify(body))
    const errors: Array<{ pointer: string }> = reply.body.errors
    t.strictSame([...new Set(errors.map((error) => error.pointer))], [pointer])
  }
  refused(t, await node.request('POST', URL), 401, 'token_missing')
  refused(t, await node.request('POST', URL, bearer('nonsense')), 401, 'token_invalid')
  refused(t, await one.send('DELETE', URL), 405, 'method_not_allowed')
  t.strictSame(await openSessions(node, world.id), ids([v1, one, two]))
})

await test('S39 a token that was logged out is refused with other trailing bits, too', async (t) => {
  const { node, one } = await open(t)
  t.match(await one.send('POST', URL), { status: 204 })
  const last = one.access.at(-1) ?? ''
  for (const other of 'AQgw'.replace(last, '')) {
    const reply = await me(node, one.access.slice(0, -1) + other)
    t.match(reply, { status: 401 }, other)
  }
})

await test('logging out twice, also at once, ends a session once', async (t) => {
  const { node, one } = await open(t)
  const replies = await Promise.all(Array.from({ length: 5 }, () => one.send('POST', URL)))
  t.strictSame(replies.map(({ status }) => String(status)).toSorted(), [
    '204',
    '401',
    '401',
    '401',
    '401',
  ])
  refused(t, await one.send('POST', URL), 401, 'token_revoked')
  t.equal((await events(node, 'logout')).length, 1)
})

await test('of two that log each other out one is too late', async (t) => {
  const node = await start(t)
  const { id } = await register(node, 'alice')
  for (const scope of ['others', 'all', 'others', 'all', 'others', 'all']) {
    const sessions = [await enter(node, 'alice'), await enter(node, 'alice')]
    const replies = await Promise.all(sessions.map(({ send }) => send('POST', URL, { scope })))
    t.strictSame(replies.map(({ status }) => String(status)).toSorted(), ['204', '401'], scope)
    const winner = sessions[replies.findIndex(({ status }) => status === 204)]
    t.strictSame(await openSessions(node, id), scope === 'others' ? [winner?.sid] : [])
    await winner?.send('POST', URL)
  }
})

await test('a session that was rotated logs out with all that it ever gave', async (t) => {
  const { node, one } = await open(t)
  const next = await renew(node, one.refresh)
  t.match(await next.send('POST', URL), { status: 204 })
  for (const token of [one, next]) {
    refused(t, await me(node, token.access), 401, 'token_revoked')
    refused(t, await refresh(node, token.refresh), 401, 'token_revoked')
  }
  t.strictSame(await events(node, 'refresh.reuse'), [], 'which is no reuse')
})
