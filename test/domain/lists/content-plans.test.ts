import { test } from 'tap'
import { systemClock } from '../../../src/domain/clock.ts'
import { bookList } from '../../../src/domain/content/book-list.ts'
import { postList } from '../../../src/domain/content/post-list.ts'
import { todoList } from '../../../src/domain/content/todo-list.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import { moment, openPeople, secrets } from './people.ts'
import { plansOf, recorded } from './plans.ts'

await test('each order of posts, to-dos and books is that of an index, from whatever cursor', async (t) => {
  const { url, store, edit } = await openPeople(t)
  const [userId = 0] = await edit({ add: [{ name: 'alice' }] })
  const { posts, todos, books } = store.tables
  const rows = Array.from({ length: 400 }, (_, i) => ({
    userId,
    title: 'a',
    titleSort: `${i % 11}`,
    createdAt: moment(i % 7),
    updatedAt: moment(i % 7),
  }))
  const noted = rows.map((row) => ({ ...row, titleKey: 'a', completed: false }))
  await store.transaction(function* (tx) {
    yield* tx.query((q) => q.insert(posts).values(rows.map((row) => ({ ...row, content: 'c' }))))
    yield* tx.query((q) => q.insert(todos).values(noted))
    yield* tx.query((q) => q.insert(books).values(rows.map((row) => ({ ...row, author: 'a' }))))
  })

  const record = recorded(store)
  const deps = { store: record.store, clock: systemClock, secrets }
  const lists = [
    { sorts: postList.sorts, list: createList(deps, postList, posts) },
    { sorts: todoList.sorts, list: createList(deps, todoList, todos) },
    { sorts: bookList.sorts, list: createList(deps, bookList, books) },
  ]
  for (const { sorts, list } of lists)
    for (const field of Object.keys(sorts))
      for (const direction of ['asc', 'desc']) {
        // The casts: what each list sorts by is only known here, and the to-dos alone have an owner.
        const page = (cursor?: string) =>
          list.page({ sort: `${field}:${direction}`, limit: 1, cursor } as never, userId as never)
        const { prev } = await page((await page()).next)
        t.ok(prev, `${field}:${direction}`)
        await page(prev)
      }

  const plans = await plansOf(t, { url, store, builds: record.builds })
  t.ok(plans.size > 100, `${plans.size} statements`)
  for (const [name, plan] of plans) {
    const about = `${name}: ${plan}`
    t.notMatch(plan, /Seq Scan|(?<!Incremental )Sort;| B-TREE /, about)
    if (!name.endsWith(' all')) t.match(plan, /SEARCH (posts|todos|books)|Index Cond/, about)
  }
})
