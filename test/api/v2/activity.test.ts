import { test, type Test } from 'tap'
import { asc } from '../../../src/db/drizzle.ts'
import { start } from '../../helper.ts'

const ACTIVITY = '/api/v2/me/activity'

interface Event {
  id: number
  action: string
}

async function open(t: Test) {
  const node = await start(t)
  const { as, request, backend } = node
  const root = await as('boss', 'admin')
  const alice = await as('alice')
  const bob = await as('bob')
  const { auditEvents } = backend.store.tables
  return {
    ...node,
    root,
    alice,
    bob,
    /** Somebody fails to log in as this user. */
    guess: (identifier: string) =>
      request('POST', '/api/v2/auth/login', {
        body: { identifier, password: 'not the password' },
        headers: { 'user-agent': 'a stranger' },
      }),
    /** The whole trail, oldest first. */
    trail: () =>
      backend.store.query((q) => q.select().from(auditEvents).orderBy(asc(auditEvents.id))),
  }
}

await test('S77 users see what they did and what happened to their account, and nothing else', async (t) => {
  const { alice, bob, root, guess, trail, request } = await open(t)
  await guess('alice')
  await guess('bob')
  await bob.patch(`/api/v2/users/${alice.id}`, { role: 'admin' })
  await root.patch(`/api/v2/users/${alice.id}`, { role: 'moderator' })
  const reply = await alice.get(ACTIVITY)
  t.match(reply, { status: 200, headers: { link: `<${ACTIVITY}>; rel="first"` } })
  const { data, page } = reply.body
  const actions = data.map(({ action }: Event) => action)
  t.strictSame(actions, ['role.change', 'access.denied', 'login', 'login', 'register'])
  t.strictSame(page, { limit: 20, has_more: false, next_cursor: null, prev_cursor: null })
  const all = await trail()
  t.ok(all.length > data.length + 4, 'there is more in the trail')
  const mine = all.filter(
    (event) =>
      event.actorId === alice.id ||
      (event.targetType === 'user' && event.targetId === String(alice.id)),
  )
  t.strictSame(
    data.map(({ id }: Event) => id),
    mine.map(({ id }) => id).toReversed(),
  )

  const hidden = { ip: null, user_agent: null, request_id: null }
  t.match(data[0], { actor_id: root.id, outcome: 'success', ...hidden }, 'not where the admin was')
  t.match(data[1], { actor_id: bob.id, outcome: 'denied', ...hidden })
  const stranger = { actor_id: null, ip: '127.0.0.1', user_agent: 'a stranger' }
  t.match(data[2], { outcome: 'failure', ...stranger }, 'but where a guess came from')
  t.match(data[3], { actor_id: alice.id, ip: '127.0.0.1', request_id: String })
  t.match(await request('GET', ACTIVITY), { status: 401 })
})

await test('activity is read whole by its cursors, forth and back, while it goes on', async (t) => {
  const { alice, bob, guess } = await open(t)
  for (let i = 0; i < 3; i++) {
    await guess('alice')
    await alice.get('/api/v2/audit-events')
    await bob.get('/api/v2/audit-events')
  }
  const before: Event[] = (await alice.get(`${ACTIVITY}?limit=100`)).body.data
  t.equal(before.length, 8)
  async function walk(rel: 'next_cursor' | 'prev_cursor', first: string) {
    const pages: Event[][] = []
    for (let cursor: string | null = first; cursor !== null;) {
      const { body } = await alice.get(`${ACTIVITY}?limit=3${cursor && `&cursor=${cursor}`}`)
      pages.push(body.data)
      last = body.page
      cursor = body.page[rel]
      await alice.get('/api/v2/audit-events')
    }
    return pages
  }
  let last: Record<string, string | null> = {}
  const forth = await walk('next_cursor', '')
  t.strictSame(forth.flat(), before)
  t.strictSame(
    forth.map(({ length }) => length),
    [3, 3, 2],
  )
  const back = await walk('prev_cursor', String(last['prev_cursor']))
  const after: Event[] = (await alice.get(`${ACTIVITY}?limit=100`)).body.data
  const met = [...back.toReversed().flat(), ...forth[2]!]
  t.strictSame(met, after.slice(after.length - met.length), 'and what came meanwhile')
  t.ok(met.length > before.length)
})

await test('a cursor is refused to another user, and for anything but this list', async (t) => {
  const { alice, bob, root } = await open(t)
  const { next_cursor: cursor } = (await alice.get(`${ACTIVITY}?limit=1`)).body.page
  t.match(await alice.get(`${ACTIVITY}?cursor=${cursor}&limit=7`), { status: 200 })
  const mismatch = { status: 422, body: { code: 'cursor_mismatch' } }
  for (const other of [bob, root])
    t.match(await other.get(`${ACTIVITY}?cursor=${cursor}`), mismatch, other.username)
  t.match(await alice.get(`${ACTIVITY}?cursor=${cursor}A`), mismatch)
  t.match(await alice.get(`/api/v2/users?cursor=${cursor}`), mismatch)
  const trail = (await root.get('/api/v2/audit-events?limit=1&sort=id:desc')).body.page.next_cursor
  t.match(await root.get(`${ACTIVITY}?cursor=${trail}`), mismatch)
})

await test('S59 activity takes a limit and a cursor and nothing else', async (t) => {
  const { alice } = await open(t)
  const rows: Array<[query: string, parameter: string]> = [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=1&limit=1', 'limit'],
    ['sort=id:asc', 'sort'],
    ['total=true', 'total'],
    ['fields=id', 'fields'],
    ['actor_id=1', 'actor_id'],
    ['user_id=1', 'user_id'],
  ]
  for (const [query, parameter] of rows)
    t.match(
      await alice.get(`${ACTIVITY}?${query}`),
      { status: 422, body: { errors: [{ in: 'query', parameter }] } },
      query,
    )
})
