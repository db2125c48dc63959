import { test } from 'tap'
import { finds, open, titles } from './listed.ts'

await test('posts are listed, sorted and filtered', async (t) => {
  const opened = await open(t, 'posts', [
    { title: 'b', content: 'x', category: 'news' },
    { title: 'É', content: 'x' },
    { title: 'A', content: 'x', by: 'bob', category: 'news' },
    { title: 'Z', content: 'x' },
    { title: 'c', content: 'x', by: 'bob' },
  ])
  const { alice, bob, at, request, clock, made } = opened
  clock.advance(60)
  await alice.patch(`/api/v2/posts/${made[1].id}`, { content: 'y' })
  await finds(t, opened, 'posts', [
    [{}, 'cZAÉb'],
    [{ sort: 'created_at:desc' }, 'cZAÉb'],
    [{ sort: 'created_at:asc' }, 'bÉAZc'],
    [{ sort: 'updated_at:desc' }, 'ÉcZAb'],
    [{ sort: 'updated_at:asc' }, 'bAZcÉ'],
    [{ sort: 'title:asc' }, 'AbcZÉ'],
    [{ sort: 'title:desc' }, 'ÉZcbA'],
    [{ sort: 'id:asc' }, 'bÉAZc'],
    [{ sort: 'id:desc' }, 'cZAÉb'],
    [{ user_id: alice.id }, 'ZÉb'],
    [{ user_id: bob.id, sort: 'title:asc' }, 'Ac'],
    [{ user_id: 2147483647 }, ''],
    [{ category: 'news' }, 'Ab'],
    [{ category: 'general' }, 'cZÉ'],
    [{ category: 'none' }, ''],
    [{ created_after: at(3) }, 'cZ'],
    [{ created_before: at(3) }, 'AÉb'],
    [{ created_after: at(1), created_before: at(4) }, 'ZAÉ'],
    [{ user_id: alice.id, category: 'news', sort: 'id:asc' }, 'b'],
  ])
  const reply = await request('GET', '/api/v2/posts?limit=1')
  t.match(reply.headers['link'], /^<\/api\/v2\/posts\?limit=1>; rel="first", <.*>; rel="next"$/)
  t.strictSame(reply.body.data, [made[4]], 'as it is read alone')
  t.match(reply.body.page, { limit: 1, has_more: true, prev_cursor: null })
  const { body } = await request('GET', '/api/v2/posts?fields=user,title&limit=1')
  t.strictSame(body.data, [{ title: 'c', user: { id: bob.id, username: 'bob' } }])
  await bob.put(`/api/v1/users/${bob.id}`, { username: 'robert' })
  const renamed = await request('GET', `/api/v2/posts?user_id=${bob.id}&fields=user&limit=1`)
  t.strictSame(renamed.body.data, [{ user: { id: bob.id, username: 'robert' } }])
})

await test('to-dos without a date come last, behind the first and the last moment', async (t) => {
  const opened = await open(t, 'todos', [
    { title: 'a' },
    { title: 'b', due_at: '9999-12-31T23:59:59.999Z' },
    { title: 'c', due_at: '0001-01-01T00:00:00Z' },
    { title: 'd' },
  ])
  await finds(t, opened, 'todos', [
    [{ sort: 'due_at:asc' }, 'cbad'],
    [{ sort: 'due_at:desc' }, 'bcda'],
  ])
})

await test('S49 to-dos are listed, sorted and filtered, for their owner alone', async (t) => {
  const opened = await open(t, 'todos', [
    { title: 'b', due_at: '2030-01-02T00:00:00Z', priority: 'high' },
    { title: 'E', priority: 'low' },
    { title: 'x', by: 'bob', due_at: '2030-01-02T00:00:00Z' },
    { title: 'A', due_at: '2020-01-01T00:00:00Z', completed: true },
    { title: 'd' },
    { title: 'C', due_at: '2020-01-01T00:00:00Z', priority: 'low' },
  ])
  const { alice, bob, made, clock } = opened
  await finds(t, opened, 'todos', [
    [{}, 'CdAEb'],
    [{ sort: 'created_at:asc' }, 'bEAdC'],
    [{ sort: 'due_at:asc' }, 'ACbEd'],
    [{ sort: 'due_at:desc' }, 'bCAdE'],
    [{ sort: 'priority:asc' }, 'ECAdb'],
    [{ sort: 'priority:desc' }, 'bdACE'],
    [{ sort: 'title:asc' }, 'AbCdE'],
    [{ sort: 'title:desc' }, 'EdCbA'],
    [{ sort: 'id:asc' }, 'bEAdC'],
    [{ sort: 'id:desc' }, 'CdAEb'],
    [{ completed: true }, 'A'],
    [{ completed: false }, 'CdEb'],
    [{ priority: 'low' }, 'CE'],
    [{ priority: 'normal' }, 'dA'],
    [{ priority: 'high' }, 'b'],
    [{ due_after: '2020-01-01T00:00:00Z' }, 'CAb'],
    [{ due_after: '2020-01-01T00:00:00.001Z' }, 'b'],
    [{ due_before: '2030-01-02T00:00:00Z' }, 'CA'],
    [{ due_before: '2030-01-02T00:00:00.001Z', sort: 'due_at:desc' }, 'bCA'],
    [{ due_before: '9999-12-31T23:59:59.999Z' }, 'CAb'],
    [{ due_after: '0001-01-01T00:00:00Z' }, 'CAb'],
    [{ overdue: true }, 'C'],
    [{ overdue: false }, 'dAEb'],
    [{ overdue: true, completed: true }, ''],
  ])
  const { body } = await bob.get('/api/v2/todos?total=true')
  t.match(body, { data: [{ title: 'x' }], page: { total: 1 } })
  const mine = await alice.get('/api/v2/todos?limit=1')
  t.strictSame(mine.body.data, [made[5]], 'as it is read alone')
  const stolen = await bob.get(`/api/v2/todos?cursor=${mine.body.page.next_cursor}`)
  t.match(stolen, { status: 422, body: { code: 'cursor_mismatch' } })

  const soon = new Date(clock.now().getTime() + 60_000).toISOString()
  const { id } = (await bob.post('/api/v2/todos', { title: 's', due_at: soon })).body
  const overdue = async () => titles(await bob.get('/api/v2/todos?overdue=true'))
  t.equal(await overdue(), '')
  clock.advance(61)
  t.equal(await overdue(), 's', 'time has passed')
  await bob.patch(`/api/v2/todos/${id}`, { completed: true })
  t.equal(await overdue(), '')
})

await test('books are listed, sorted and filtered', async (t) => {
  const opened = await open(t, 'books', [
    { title: 'b', author: 'Émile', published_year: 1969, isbn: '0441478123' },
    { title: 'E', author: 'zola' },
    { title: 'A', author: 'ÉMILE', by: 'bob', published_year: -8, isbn: '0441478123' },
    { title: 'd', author: 'Anna' },
    { title: 'C', author: 'Zola', published_year: 2001 },
  ])
  const { alice, bob, made } = opened
  await finds(t, opened, 'books', [
    [{}, 'CdAEb'],
    [{ sort: 'created_at:asc' }, 'bEAdC'],
    [{ sort: 'title:asc' }, 'AbCdE'],
    [{ sort: 'title:desc' }, 'EdCbA'],
    [{ sort: 'author:asc' }, 'dECbA'],
    [{ sort: 'author:desc' }, 'AbCEd'],
    [{ sort: 'published_year:asc' }, 'AbCEd'],
    [{ sort: 'published_year:desc' }, 'CbAdE'],
    [{ sort: 'id:asc' }, 'bEAdC'],
    [{ sort: 'id:desc' }, 'CdAEb'],
    [{ user_id: alice.id }, 'CdEb'],
    [{ user_id: bob.id }, 'A'],
    [{ author: 'émile' }, 'Ab'],
    [{ author: 'E\u0301MILE' }, 'Ab'],
    [{ author: 'ZOLA', sort: 'title:asc' }, 'CE'],
    [{ author: 'zol' }, ''],
    [{ author: '%' }, ''],
    [{ isbn: '9780441478125' }, 'Ab'],
    [{ isbn: '0-441-47812-3' }, 'Ab'],
    [{ isbn: '9780306406157' }, ''],
    [{ year_from: 1969 }, 'Cb'],
    [{ year_from: 1970 }, 'C'],
    [{ year_to: 1969 }, 'Ab'],
    [{ year_to: -9 }, ''],
    [{ year_from: -3000, year_to: 9999 }, 'CAb'],
  ])
  const { body } = await alice.get('/api/v2/books?limit=1')
  t.strictSame(body.data, [made[4]], 'as it is read alone')
})
