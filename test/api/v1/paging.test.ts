import { test } from 'tap'
import { start } from '../../helper.ts'

await test('lists say where the other pages are', async (t) => {
  const { as, request } = await start(t)
  const alice = await as('alice')
  for (const title of ['a', 'b', 'c', 'd', 'e'])
    await alice.post('/api/v1/posts', { title, content: title })

  const page = async (query: string) => {
    const { headers, body } = await request('GET', `/api/v1/posts?${query}`)
    const links = [...(headers['link'] ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)]
    return {
      total: headers['x-total-count'],
      titles: body.posts.map(({ title }: { title: string }) => title).join(''),
      links: Object.fromEntries(links.map(([, url, rel]) => [rel, url?.split('?')[1]])),
    }
  }
  const mine = `user_id=${alice.id}`

  t.same(await page('limit=2'), {
    total: '5',
    titles: 'ab',
    links: { first: 'limit=2&offset=0', next: 'limit=2&offset=2' },
  })
  t.same(
    await page(`offset=2&limit=2&${mine}`),
    {
      total: '5',
      titles: 'cd',
      links: {
        first: `${mine}&limit=2&offset=0`,
        prev: `${mine}&limit=2&offset=0`,
        next: `${mine}&limit=2&offset=4`,
      },
    },
    'filters stay in the links',
  )
  t.same(
    (await page('limit=2&offset=3')).links,
    {
      first: 'limit=2&offset=0',
      prev: 'limit=2&offset=1',
    },
    'the last page has no next',
  )
  t.same(
    await page('limit=2&offset=90'),
    {
      total: '5',
      titles: '',
      links: { first: 'limit=2&offset=0', prev: 'limit=2&offset=3' },
    },
    'prev leads back to where the records are',
  )
  t.same((await page('')).links, { first: 'limit=100&offset=0' })

  await t.test('following next reads everything once', async (t) => {
    let titles = ''
    for (let query: string | undefined = 'limit=2'; query;) {
      const { titles: some, links } = await page(query)
      titles += some
      query = links['next']
    }
    t.equal(titles, 'abcde')
  })
})

await test('to-dos are deleted by ids in the body or in the query', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const add = async () => (await alice.post('/api/v1/todos', { title: 'x' })).body.id
  const [a, b, c, d] = [await add(), await add(), await add(), await add()]
  const foreign = (await bob.post('/api/v1/todos', { title: 'y' })).body.id

  const refused: Array<[name: string, query: string, body: object | undefined, message: RegExp]> = [
    ['neither', '', undefined, /ids are required/],
    ['both', `?ids=${a}`, { ids: [a] }, /in the body and in the query/],
    ['no ids', '', { ids: [] }, /at least 1 item/],
    ['101 ids', '', { ids: Array.from({ length: 101 }, (_, i) => i + 1) }, /at most 100 items/],
    ['text', '?ids=1,a', undefined, /whole number/],
    ['an id beyond the range', '?ids=2147483648', undefined, /whole number/],
    ['an unknown member', '', { ids: [a], force: true }, /"force"/],
  ]
  for (const [name, query, body, message] of refused) {
    const reply = await alice.delete(`/api/v1/todos${query}`, body)
    t.match(reply, { status: 400, body: { error: 'Bad Request', message } }, name)
  }
  t.match(await alice.delete(`/api/v1/todos?ids=${a},${foreign},999`), { status: 403 })
  t.match(await alice.delete('/api/v1/todos', { ids: [a, 999] }), { status: 404 })
  t.match(
    await alice.get('/api/v1/todos'),
    { headers: { 'x-total-count': '4' } },
    'nothing happened',
  )

  t.match(await alice.delete('/api/v1/todos', { ids: [a, b, a] }), {
    status: 200,
    body: { deleted: 2 },
  })
  t.match(await alice.delete(`/api/v1/todos?ids=${c},${d}`), { status: 200, body: { deleted: 2 } })
})
