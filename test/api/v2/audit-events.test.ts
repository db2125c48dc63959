import { test, type Test } from 'tap'
import { start } from '../../helper.ts'

const EVENTS = '/api/v2/audit-events'

/** A trail with something of every kind, and how an admin reads it. */
async function open(t: Test) {
  const node = await start(t)
  const { as, clock, request } = node
  const root = await as('boss', 'admin')
  const alice = await as('alice')
  clock.advance(60)
  const body = { identifier: 'alice', password: 'not the password' }
  await request('POST', '/api/v2/auth/login', { body, headers: { 'user-agent': 'curl/8.5.0' } })
  clock.advance(60)
  await alice.get(EVENTS)
  const read = async (query: string) => {
    const reply = await root.get(`${EVENTS}?${query}`)
    t.equal(reply.status, 200, query)
    return reply.body.data
  }
  return { ...node, root, alice, read }
}
interface Event {
  id: number
  action: string
  created_at: string
}
const told = (events: Event[]) => events.map(({ action }) => action).join(' ')

await test('S77 an admin reads who did what to what, when and from where, the newest first', async (t) => {
  const { root, alice } = await open(t)
  const reply = await root.get(EVENTS)
  t.match(reply, { status: 200, headers: { link: `<${EVENTS}>; rel="first"` } })
  const { data, page } = reply.body
  t.strictSame(page, { limit: 20, has_more: false, next_cursor: null, prev_cursor: null })
  t.equal(told(data), 'access.denied login login register login role.change register')
  const members =
    'id created_at action outcome actor_id target ip user_agent request_id unfamiliar detail burst'.split(
      ' ',
    )
  for (const event of data) t.strictSame(Object.keys(event), members)
  const from = { ip: '127.0.0.1', request_id: String, unfamiliar: false, burst: false }
  const aimed = { type: 'user', id: String(alice.id) }
  const failure = { action: 'login', outcome: 'failure', actor_id: null, target: aimed }
  t.match(data[1], { ...failure, ...from, user_agent: 'curl/8.5.0' })
  const target = { type: 'operation', id: 'listAuditEvents' }
  t.match(data[0], { outcome: 'denied', actor_id: alice.id, target, ...from })
  t.match(data[5], { action: 'role.change', actor_id: null, ip: null, request_id: null })
})

await test('nobody but an admin reads the trail', async (t) => {
  const { alice, as, request, read } = await open(t)
  const moderator = await as('marie', 'moderator')
  const before = await read('fields=id')
  for (const client of [alice, moderator])
    for (const query of ['', '?limit=1', `?actor_id=${client.id}`])
      t.match(await client.get(`${EVENTS}${query}`), {
        status: 403,
        headers: { 'www-authenticate': /error="insufficient_scope"/ },
        body: { code: 'insufficient_role' },
      })
  t.match(await request('GET', EVENTS), { status: 401, body: { code: 'token_missing' } })
  t.equal((await read('limit=100')).length, before.length + 6, 'each refusal of a user is told')
})

await test('the trail is filtered by who, what, to what, from where and when', async (t) => {
  const { alice, root, read } = await open(t)
  const all: Event[] = await read('')
  const [at, later] = [all[1]!.created_at, all[0]!.created_at]
  const cases: Array<[query: string, actions: string]> = [
    [`actor_id=${alice.id}`, 'access.denied login register'],
    ['action=login', 'login login login'],
    ['outcome=failure', 'login'],
    ['outcome=denied', 'access.denied'],
    ['target_type=user', 'login register role.change register'],
    [`target_type=user&target_id=${alice.id}`, 'login register'],
    ['target_type=operation&target_id=listAuditEvents', 'access.denied'],
    [`target_type=session&target_id=${alice.id}`, ''],
    [`created_after=${at}`, 'access.denied login'],
    [`created_before=${at}`, 'login register login role.change register'],
    [`created_after=${at}&created_before=${later}`, 'login'],
    [`actor_id=${alice.id}&action=login&outcome=success`, 'login'],
    ['ip=127.0.0.1&outcome=failure', 'login'],
    ['ip=192.0.2.7', ''],
    ['action=%27%20or%201%3D1', ''],
    ['action=login%25', ''],
    [`actor_id=2147483647`, ''],
    ['sort=id:asc&action=login', 'login login login'],
  ]
  for (const [query, actions] of cases) {
    const reply = await root.get(`${EVENTS}?${query}&total=true`)
    t.equal(told(reply.body.data), actions, query)
    t.equal(reply.body.page.total, reply.body.data.length)
  }
  const ids = async (query: string) => (await read(query)).map(({ id }: Event) => id)
  t.strictSame(await ids('sort=id:asc'), (await ids('sort=id:desc')).toReversed())
  t.strictSame(await read('fields=outcome,id&limit=1'), [{ id: all[0]!.id, outcome: 'denied' }])
})

await test('the trail is read whole by its cursors, while it goes on', async (t) => {
  const { root, alice, read } = await open(t)
  const before: Event[] = await read('limit=100')
  for (const sort of ['created_at:desc', 'id:desc']) {
    const met: number[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`
      const { body } = await root.get(`${EVENTS}?${query}`)
      met.push(...body.data.map(({ id }: Event) => id))
      cursor = body.page.next_cursor
      await alice.get(EVENTS)
    }
    const expected = before.map(({ id }) => id)
    t.strictSame(
      met.filter((id) => expected.includes(id)),
      expected,
      sort,
    )
    t.equal(new Set(met).size, met.length, 'nothing twice')
  }
})

await test('S51 S58 S59 hostile queries are refused, and so are the cursors of other lists', async (t) => {
  const { root } = await open(t)
  const rows: Array<[query: string, parameter: string | RegExp]> = [
    ['actor_id=0', 'actor_id'],
    ['actor_id=1e3', 'actor_id'],
    ['actor_id=2147483648', 'actor_id'],
    ['actor_id=alice', 'actor_id'],
    ['target_id=1', 'target_type'],
    [`action=${'x'.repeat(65)}`, 'action'],
    ['action=a%00b', 'action'],
    ['action=%ED%A0%80', 'action'],
    ['action=login&action=logout', 'action'],
    ['outcome=ok', 'outcome'],
    ['at=2026-11-20T00:00:00Z', 'at'],
    ['created_after=now', 'created_after'],
    ['sort=at:desc', 'sort'],
    ['sort=ip:desc', 'sort'],
    ['limit=101', 'limit'],
    ['fields=id,hash', /^fields/],
  ]
  for (const [query, parameter] of rows)
    t.match(
      await root.get(`${EVENTS}?${query}`),
      { status: 422, body: { errors: [{ in: 'query', parameter }] } },
      query,
    )
  const cursorOf = async (url: string) => (await root.get(url)).body.page.next_cursor
  const cursors = [
    await cursorOf('/api/v2/users?limit=1'),
    await cursorOf('/api/v2/me/activity?limit=1'),
    await cursorOf(`${EVENTS}?limit=1&action=login`),
    await cursorOf(`${EVENTS}?limit=1&sort=id:desc`),
    'nonsense',
  ]
  for (const cursor of cursors)
    t.match(await root.get(`${EVENTS}?cursor=${cursor}`), {
      status: 422,
      body: { code: 'cursor_mismatch' },
    })
})
