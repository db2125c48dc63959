import { test } from 'tap'
import type { Reply } from '../../helper.ts'
import { namesOf, openUsers, PRIVATE, USERS } from './listed-users.ts'

await test('everyone sees the public profiles of all users, the newest first', async (t) => {
  const { request, alice } = await openUsers(t)
  const mine = await alice.get(USERS)
  const reply = await request('GET', USERS)
  t.strictSame([reply.status, reply.body], [200, mine.body], 'the same with a token as without')
  t.equal(namesOf(reply), 'Carl berta Alice dora root.of.all')
  t.strictSame(Object.keys(reply.body.data[0]), ['id', 'username', 'created_at'])
  const page = { limit: 20, has_more: false, next_cursor: null, prev_cursor: null }
  t.strictSame(reply.body.page, page)
  t.equal(reply.headers['link'], `<${USERS}>; rel="first"`)
  t.match(await request('HEAD', USERS), { status: 200, text: '' })
  const headers = { authorization: `Bearer ${alice.accessToken}x` }
  t.match(await request('GET', USERS, { headers }), { status: 401 }, 'a bad token is not ignored')
})

await test('an admin sees whole accounts, and filters by role and status', async (t) => {
  const { root, alice, carl, backend } = await openUsers(t)
  await backend.accounts.setStatus(carl.id, 'suspended')
  const reply = await root.get(`${USERS}?sort=id:asc`)
  const one = reply.body.data.find(({ id }: { id: number }) => id === alice.id)
  t.match(one, { username: 'Alice', email: 'alice@example.com', role: 'user', status: 'active' })
  t.strictSame(Object.keys(one), ['id', 'username', 'created_at', ...PRIVATE])
  t.notMatch(reply.text, /hash|secret|revision|key/)
  const found = async (query: string) =>
    namesOf(await root.get(`${USERS}?sort=username:asc&${query}`))
  t.equal(await found('role=admin'), 'root.of.all')
  t.equal(await found('status=suspended'), 'Carl')
  t.equal(await found('role=user&status=active'), 'Alice berta dora')
  t.equal(await found('role=moderator'), '')
})

await test('S49 nobody else filters by what they cannot see, nor sees it by any query', async (t) => {
  const { request, alice, as, backend } = await openUsers(t)
  const moderator = await as('marie', 'moderator')
  const { auditEvents } = backend.store.tables
  const denials = async () => {
    const rows = await backend.store.query((q) => q.select().from(auditEvents))
    return rows.filter(({ outcome }) => outcome === 'denied')
  }
  const problem = { status: 403, body: { code: 'insufficient_role' } }
  const headers = { 'www-authenticate': /error="insufficient_scope"/ }
  for (const query of ['role=admin', 'status=active', 'role=user&status=suspended&limit=1']) {
    for (const client of [alice, moderator])
      t.match(await client.get(`${USERS}?${query}`), { ...problem, headers }, query)
    t.match(await request('GET', `${USERS}?${query}`), { ...problem, headers }, query)
  }
  const recorded = await denials()
  t.equal(recorded.length, 6, 'S77 each refusal of somebody known is in the trail')
  t.match(recorded[0], { actorId: alice.id, targetType: 'operation', targetId: 'listUsers' })
  for (const query of ['', '?sort=username:desc', '?total=true', `?fields=id,${PRIVATE.join()}`]) {
    const { body, text } = await alice.get(`${USERS}${query}`)
    t.notMatch(text, /alice@example\.com|4915112345678/, query)
    for (const record of body.data)
      t.notOk(
        Object.keys(record).some((member) => PRIVATE.includes(member)),
        query,
      )
  }
  t.equal((await denials()).length, 6)
})

await test('users are sorted, filtered by when they registered, counted and trimmed', async (t) => {
  const { request } = await openUsers(t)
  const all = (await request('GET', `${USERS}?sort=created_at:asc`)).body.data
  const at = (i: number): string => all[i].created_at
  const offset = at(2).replace('Z', '+00:00')
  const micro = at(2).replace('Z', '001Z')
  const cases: Array<[query: Record<string, string>, names: string]> = [
    [{ sort: 'username:asc' }, 'Alice berta Carl dora root.of.all'],
    [{ sort: 'username:desc' }, 'root.of.all dora Carl berta Alice'],
    [{ sort: 'id:asc' }, 'root.of.all dora Alice berta Carl'],
    [{ sort: 'created_at:asc', limit: '2' }, 'root.of.all dora'],
    [{ created_after: at(2) }, 'Carl berta Alice'],
    [{ created_after: offset }, 'Carl berta Alice'],
    [{ created_after: micro }, 'Carl berta'],
    [{ created_before: at(2) }, 'dora root.of.all'],
    [{ created_before: micro }, 'Alice dora root.of.all'],
    [{ created_after: at(1), created_before: at(3), sort: 'username:asc' }, 'Alice dora'],
    [{ created_after: '9999-12-31T23:59:59Z' }, ''],
    [{ created_before: '0001-01-01T00:00:00Z' }, ''],
  ]
  for (const [query, names] of cases) {
    const reply = await request('GET', USERS, { query: { ...query, total: 'true' } })
    t.equal(namesOf(reply), names, JSON.stringify(query))
    const count = query['limit'] ? 5 : reply.body.data.length
    t.equal(reply.body.page.total, count, 'on all pages')
  }
  t.notOk('total' in (await request('GET', `${USERS}?total=false`)).body.page)
  const { body } = await request('GET', `${USERS}?fields=username,id&limit=1`)
  t.strictSame(body.data, [{ id: all[4].id, username: 'Carl' }], 'in their usual order')
  const brackets = await request('GET', `${USERS}?fields[]=username&fields[]=id&limit=1`)
  t.strictSame(brackets.body.data, body.data)
})

await test('the links of a page lead through the whole list and back, with the query as it was', async (t) => {
  const { request, root } = await openUsers(t)
  const query =
    'limit=2&sort=username%3Aasc&fields=id%2Cusername&total=true&created_after=2020-01-01T00%3A00%3A00%2B00%3A00'
  const links = ({ headers }: Reply) =>
    Object.fromEntries(
      [...(headers['link'] ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [
        rel,
        url,
      ]),
    )
  for (const client of [{ get: (url: string) => request('GET', url) }, root]) {
    const walk = async (rel: string, from: string) => {
      const pages: Reply[] = []
      for (let url: string | undefined = from; url; url = links(pages.at(-1)!)[rel]) {
        pages.push(await client.get(url))
        t.equal(links(pages.at(-1)!)['first'], `${USERS}?${query}`)
      }
      return pages
    }
    const forth = await walk('next', `${USERS}?${query}`)
    t.strictSame(forth.map(namesOf), ['Alice berta', 'Carl dora', 'root.of.all'])
    t.strictSame(
      forth.map(({ body }) => body.page.has_more),
      [true, true, false],
    )
    t.strictSame(
      forth.map(({ body }) => body.page.total),
      [5, 5, 5],
    )
    for (const { body, headers } of forth)
      for (const rel of ['next', 'prev'])
        t.equal(body.page[`${rel}_cursor`] === null, links({ headers } as Reply)[rel] === undefined)
    const back = await walk('prev', links(forth.at(-1)!)['prev'])
    t.strictSame(back.map(namesOf), ['Carl dora', 'Alice berta'])
    t.strictSame(
      back.map(({ body }) => body.page.has_more),
      [true, true],
    )
  }
})
