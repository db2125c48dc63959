import { test } from 'tap'
import { start } from '../../helper.ts'
import { RESOURCES, urlOf } from './content.ts'

await test('S49 S51 queries of the three lists that are refused, by the name of the parameter', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const everywhere = [
    ['limit=0', 'limit'],
    ['sort=title', 'sort'],
    ['sort=user_id:asc', 'sort'],
    ['sort=title_sort:asc', 'sort'],
    ['fields=search_text', 'fields'],
    ['fields=revision', 'fields'],
    ['offset=1', 'offset'],
    ['search=x', 'search'],
    ['title=x', 'title'],
    ['limit=1&limit=2', 'limit'],
    ['__proto__=1', '__proto__'],
  ]
  const rows: Record<string, string[][]> = {
    posts: [
      ['user_id=0', 'user_id'],
      ['user_id=2147483648', 'user_id'],
      ['user_id=1e1', 'user_id'],
      ['category=', 'category'],
      ['category=News', 'category'],
      ['created_after=yesterday', 'created_after'],
      ['created_before=0000-01-01T00:00:00Z', 'created_before'],
      ['completed=true', 'completed'],
      ['sort=due_at:asc', 'sort'],
    ],
    todos: [
      ['user_id=1', 'user_id'],
      ['completed=1', 'completed'],
      ['priority=urgent', 'priority'],
      ['overdue=yes', 'overdue'],
      ['due_before=2026-11-20', 'due_before'],
      ['due_after=9999-12-31T23:59:59-01:00', 'due_after'],
      ['sort=updated_at:asc', 'sort'],
      ['fields=user', 'fields'],
    ],
    books: [
      ['author=%20', 'author'],
      ['author=%00', 'author'],
      [`author=${'x'.repeat(201)}`, 'author'],
      ['isbn=12345', 'isbn'],
      ['isbn=0441478124', 'isbn'],
      ['isbn=abc', 'isbn'],
      ['year_from=-3001', 'year_from'],
      ['year_to=10000', 'year_to'],
      ['year_to=1.5', 'year_to'],
      ['category=news', 'category'],
    ],
  }
  for (const resource of RESOURCES) {
    await alice.post(urlOf(resource), resource.least)
    for (const [query, parameter] of [...everywhere, ...(rows[resource.name] ?? [])]) {
      const about = `${resource.name}?${query}`
      const reply = await alice.get(`${urlOf(resource)}?${query}`)
      const body = { code: 'validation_failed', errors: [{ in: 'query', parameter }] }
      t.match(reply, { status: 422, body }, about)
      t.equal(reply.body.errors?.length, 1, `${about}: one`)
    }
  }
})

await test('S49 a cursor of one list is good for no other', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const cursors: string[] = []
  for (const resource of RESOURCES) {
    for (const _ of [1, 2]) await alice.post(urlOf(resource), resource.least)
    const { body } = await alice.get(`${urlOf(resource)}?limit=1`)
    cursors.push(String(body.page.next_cursor))
  }
  for (const [i, resource] of RESOURCES.entries())
    for (const [j, cursor] of cursors.entries())
      for (const more of ['', '&sort=title:asc', '&sort=created_at:asc']) {
        const reply = await alice.get(`${urlOf(resource)}?cursor=${cursor}${more}`)
        const isOwn = i === j && more === ''
        const refused = { status: 422, body: { code: 'cursor_mismatch' } }
        t.match(reply, isOwn ? { status: 200 } : refused, `${resource.name} ${j} ${more}`)
      }
})
