import { test } from 'tap'
import { ALICE, serve } from './node.ts'

await test('a list is followed to its end, page by page as it is read', async (t) => {
  const node = await serve(t)
  const { login, POST, all } = node.client()
  await login(ALICE)
  const titles = Array.from({ length: 45 }, (_, i) => `Entry ${String(i).padStart(2, '0')}`)
  await POST('/posts/bulk', {
    body: {
      operations: titles.map((title) => ({
        op: 'create' as const,
        value: { title, content: 'x' },
      })),
    },
  })
  const pages = () => node.seen.filter((line) => line.startsWith('GET /posts'))

  const found: string[] = []
  for await (const post of all('/posts', { query: { limit: 20, sort: 'title:asc' } }))
    found.push(`${post.title} by ${post.user.username}`)
  t.strictSame(
    found,
    titles.map((title) => `${title} by alice`),
  )
  t.equal(pages().length, 3)
  t.ok(pages().every((line) => line.includes('limit=20&sort=title%3Aasc')))

  const whole = await Array.fromAsync(all('/posts'))
  t.strictSame([whole.length, pages().length], [45, 4], 'a page of 100 is enough')
  t.strictSame(await Array.fromAsync(all('/posts', { query: { category: 'none' } })), [])

  const before = pages().length
  for await (const { title } of all('/posts', { query: { limit: 10 } }))
    if (title === 'Entry 33') break
  t.equal(pages().length, before + 2, 'who leaves early reads no further')

  const trimmed = all('/posts', { query: { fields: ['id', 'title'], limit: 20 } })
  for await (const post of trimmed) t.strictSame(Object.keys(post), ['id', 'title'])
  t.match(pages().at(-1), 'fields=id,title')
})

await test('a list goes on behind a refresh and a break, and can be aborted', async (t) => {
  const node = await serve(t)
  const { login, POST, all } = node.client()
  await login(ALICE)
  const operations = Array.from({ length: 30 }, (_, i) => ({
    op: 'create' as const,
    value: { title: `Task ${i}` },
  }))
  await POST('/todos/bulk', { body: { operations } })
  const ids = new Set<number>()
  for await (const { id } of all('/todos', { query: { limit: 10, sort: 'id:asc' } })) {
    ids.add(id)
    if (ids.size % 10 === 0) node.clock.advance(901)
  }
  t.equal(ids.size, 30)
  t.equal(node.count('POST /auth/refresh'), 2)

  const controller = new AbortController()
  const { signal } = controller
  let read = 0
  const aborted = Array.fromAsync(all('/todos', { query: { limit: 10 }, signal }), () => {
    read += 1
    if (read === 10) controller.abort()
  })
  await t.rejects(aborted, { name: 'AbortError' })
  t.equal(read, 10)
})

await test('what is wrong with a list is thrown by the loop', async (t) => {
  const node = await serve(t)
  const { all } = node.client()
  await t.rejects(Array.fromAsync(all('/todos')), { code: 'token_missing' })
  const query = { cursor: 'x' }
  await t.rejects(Array.fromAsync(all('/posts', { query })), { name: 'ProblemError' })
})
