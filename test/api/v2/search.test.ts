import { test } from 'tap'
import { start } from '../../helper.ts'
import { openUsers, namesOf, USERS } from './listed-users.ts'
import { finds, open, titles } from './listed.ts'

await test('posts are found by the words, beginnings and phrases of title and content', async (t) => {
  const opened = await open(t, 'posts', [
    { title: 'a', content: 'A commonplace book keeps what strikes you', category: 'news' },
    { title: 'b', content: 'Bücher, Crème BRÛLÉE and ΣΊΣΥΦΟΣ' },
    { title: 'c', content: 'book commonplace; don’t e-mail C++ x 42', by: 'bob' },
    { title: 'd', content: '東京都に住む。コーヒー ﬁne', category: 'news' },
    { title: 'e', content: 'Ein Booklet über 東 und Straße 42b' },
  ])
  const { alice, bob } = opened
  await finds(t, opened, 'posts', [
    [{ q: 'book' }, 'eca'],
    [{ q: 'BOOK' }, 'eca'],
    [{ q: 'boo' }, 'eca'],
    [{ q: 'bo' }, 'eca'],
    [{ q: '"book"' }, 'ca'],
    [{ q: 'ook' }, ''],
    [{ q: 'commonpl' }, 'ca'],
    [{ q: 'commonplaces' }, ''],
    [{ q: 'book commonplace' }, 'ca'],
    [{ q: '"commonplace book"' }, 'a'],
    [{ q: '"book commonplace"' }, 'c'],
    [{ q: '“commonplace book”' }, 'a'],
    [{ q: '"commonplace book" strikes' }, 'a'],
    [{ q: '"commonplace boo"' }, ''],
    [{ q: 'book nothing' }, ''],
    [{ q: 'bucher' }, 'b'],
    [{ q: 'Bu\u0308cher' }, 'b'],
    [{ q: 'creme brulee' }, 'b'],
    [{ q: 'σισυφος' }, 'b'],
    [{ q: 'fine' }, 'd'],
    [{ q: 'ﬁ' }, 'd'],
    [{ q: 'x' }, 'c'],
    [{ q: 'c' }, 'c'],
    [{ q: 'b' }, 'b'],
    [{ q: '42' }, 'ec'],
    [{ q: '"42"' }, 'c'],
    [{ q: 'don’t' }, 'c'],
    [{ q: "don't" }, 'c'],
    [{ q: 'e-mail' }, 'c'],
    [{ q: '東京' }, 'd'],
    [{ q: '京都' }, 'd'],
    [{ q: '東京都' }, 'd'],
    [{ q: '東都' }, ''],
    [{ q: '京都 東京' }, 'd'],
    [{ q: '東' }, 'e'],
    [{ q: 'コーヒー' }, 'd'],
    [{ q: 'ﾋｰ' }, 'd'],
    [{ q: 'book', sort: 'created_at:asc' }, 'ace'],
    [{ q: 'book', sort: 'title:desc' }, 'eca'],
    [{ q: 'book', sort: 'id:asc' }, 'ace'],
    [{ q: 'book', sort: 'updated_at:desc' }, 'eca'],
    [{ q: 'book', user_id: alice.id }, 'ea'],
    [{ q: 'book', user_id: bob.id, sort: 'title:asc' }, 'c'],
    [{ q: 'book', category: 'news' }, 'a'],
    [{ q: 'book', category: 'general', user_id: alice.id }, 'e'],
    [{ q: 'book', created_after: opened.at(1), created_before: opened.at(4) }, 'c'],
    [{ q: 'news' }, ''],
    [{ q: '' }, ''],
    [{ q: '"' }, ''],
    [{ q: '…!? ´' }, ''],
    [{ q: '\u0301' }, ''],
    [{ q: '😀' }, ''],
  ])
})

await test('what changes is found as it is now', async (t) => {
  const { alice, made } = await open(t, 'posts', [{ title: 'a', content: 'gooseberry' }])
  const found = async (q: string) => titles(await alice.get('/api/v2/posts', { query: { q } }))
  t.equal(await found('gooseberry'), 'a')
  await alice.patch(`/api/v2/posts/${made[0].id}`, { content: 'elderberry' })
  t.equal(await found('gooseberry'), '')
  t.equal(await found('elderberry'), 'a')
  await alice.delete(`/api/v2/posts/${made[0].id}`)
  t.equal(await found('elderberry'), '')
})

await test('books are found by title, author and description', async (t) => {
  const opened = await open(t, 'books', [
    { title: 'a', author: 'Ursula K. Le Guin', published_year: 1969 },
    { title: 'b', author: 'Émile Zola', description: 'Le ventre de Paris', by: 'bob' },
    { title: 'c', author: 'Anna' },
  ])
  await finds(t, opened, 'books', [
    [{ q: 'le' }, 'ba'],
    [{ q: 'le guin' }, 'a'],
    [{ q: 'paris emile' }, 'b'],
    [{ q: 'le', sort: 'author:asc' }, 'ab'],
    [{ q: 'le', sort: 'published_year:desc' }, 'ab'],
    [{ q: 'le', year_to: 1970 }, 'a'],
    [{ q: 'le', author: 'émile zola' }, 'b'],
    [{ q: 'c' }, 'c'],
  ])
})

await test('S49 to-dos are found by their owner alone, whatever is asked for', async (t) => {
  const opened = await open(t, 'todos', [
    { title: 'a', description: 'water the plants', priority: 'high' },
    { title: 'b', description: 'watermelon u1 cgeneral', completed: true },
    { title: 'c', description: 'water, secretly', by: 'bob' },
  ])
  const { alice, bob } = opened
  await finds(t, opened, 'todos', [
    [{ q: 'water' }, 'ba'],
    [{ q: '"water"' }, 'a'],
    [{ q: 'secretly' }, ''],
    [{ q: 'water', completed: true }, 'b'],
    [{ q: 'water', priority: 'high', sort: 'due_at:asc' }, 'a'],
    [{ q: 'water', sort: 'title:asc' }, 'ab'],
    [{ q: 'water', overdue: false, sort: 'priority:desc' }, 'ab'],
    [{ q: 'u1' }, 'b'],
    [{ q: `_u${alice.id}` }, alice.id === 1 ? 'b' : ''],
    [{ q: `"_u${bob.id}"` }, bob.id === 1 ? 'b' : ''],
    [{ q: `_u${bob.id} water` }, bob.id === 1 ? 'b' : ''],
    [{ q: '_cgeneral' }, 'b'],
  ])
  const { body } = await bob.get('/api/v2/todos?q=water&sort=relevance&total=true')
  t.match(body, { data: [{ title: 'c' }], page: { total: 1 } })
  t.equal(body.data.length, 1)
})

await test('users are found by their names alone', async (t) => {
  const { request, root } = await openUsers(t)
  const found = async (q: string, more = {}) =>
    namesOf(await request('GET', USERS, { query: { q, ...more } }))
  t.equal(await found('al'), 'Alice root.of.all')
  t.equal(await found('CARL'), 'Carl')
  t.equal(await found('of root'), 'root.of.all')
  t.equal(await found('example'), '', 'not by an address')
  t.equal(await found('4915112345678'), '')
  t.equal(await found('"alice@example.com"'), '')
  t.equal(await found('al', { created_after: '2999-01-01T00:00:00Z' }), '')
  const admins = await root.get(`${USERS}?q=alice@example.com`)
  t.equal(namesOf(admins), '', 'nor by an admin')
  t.equal(namesOf(await root.get(`${USERS}?q=ro&role=admin`)), 'root.of.all')
})

await test('relevance ranks the best hits first', async (t) => {
  const filler = 'one two three four five six seven eight nine ten'
  const { alice } = await open(t, 'posts', [
    { title: 'a', content: `plum pear ${filler}` },
    { title: 'b', content: 'plum plum plum' },
    { title: 'c', content: `plum ${filler} ${filler} ${filler}` },
    { title: 'd', content: filler },
    { title: 'e', content: `plum pear pear pear ${filler}`, by: 'bob' },
  ])
  const get = async (query: Record<string, string>) =>
    alice.get('/api/v2/posts', { query: { sort: 'relevance', ...query } })
  t.equal(titles(await get({ q: 'plum' })), 'baec')
  t.equal(titles(await get({ q: 'plum pear' })), 'ea')
  t.equal(titles(await get({ q: 'plum', user_id: String(alice.id) })), 'bac')
  t.equal(titles(await get({ q: 'nothing' })), '')
  t.equal(titles(await get({ q: '!' })), '')

  const first = await get({ q: 'plum', limit: '2', total: 'true' })
  t.strictSame([titles(first), first.body.page.total], ['ba', 4])
  const second = await get({ q: 'plum', limit: '2', cursor: first.body.page.next_cursor })
  t.strictSame([titles(second), second.body.page.has_more], ['ec', false])
  const back = await get({ q: 'plum', limit: '2', cursor: second.body.page.prev_cursor })
  t.strictSame([titles(back), back.body.page.prev_cursor], ['ba', null])

  const required = { in: 'query', parameter: 'q', code: 'required' }
  t.match(await alice.get('/api/v2/posts?sort=relevance'), {
    status: 422,
    body: { errors: [required] },
  })
  for (const sort of ['relevance:asc', 'relevance:desc'])
    t.match(await get({ q: 'plum', sort }), {
      status: 422,
      body: { errors: [{ parameter: 'sort' }] },
    })
})

await test('a cursor is good for its own search alone', async (t) => {
  const words = ['plum', 'plum', 'plum pear']
  const { alice } = await open(
    t,
    'posts',
    words.map((content) => ({ title: 'a', content })),
  )
  const cursor = (await alice.get('/api/v2/posts?q=plum&limit=1')).body.page.next_cursor
  t.match(await alice.get(`/api/v2/posts?q=plum&cursor=${cursor}`), { status: 200 })
  for (const query of ['', 'q=', 'q=pear', 'q=plum&sort=relevance', 'q=plum&category=general'])
    t.match(
      await alice.get(`/api/v2/posts?${query}&cursor=${cursor}`),
      { status: 422, body: { code: 'cursor_mismatch' } },
      query,
    )
})

await test('lists without a search have no relevance, and say so in the document', async (t) => {
  const { documents } = await start(t)
  const sortOf = (path: string) => {
    const { parameters } = documents.v2.paths[path].get
    const named = (name: string) =>
      parameters.find((parameter: { name: string }) => parameter.name === name)
    return [Boolean(named('q')), named('sort').schema.enum.includes('relevance')]
  }
  for (const path of ['posts', 'todos', 'books', 'users'])
    t.strictSame(sortOf(`/${path}`), [true, true], path)
  t.strictSame(sortOf('/audit-events'), [false, false])
})
