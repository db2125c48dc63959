import { test, type Test } from 'tap'
import { userList } from '../../../src/domain/accounts/user-list.ts'
import { createActivity } from '../../../src/domain/audit-activity.ts'
import { auditList } from '../../../src/domain/audit-list.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { listOf, type SearchedList } from '../../../src/domain/resources/engine/list.ts'
import { RESOURCES } from '../../../src/domain/resources/index.ts'
import { createConditions } from '../../../src/domain/lists/conditions.ts'
import type { Declaration } from '../../../src/domain/lists/declaration.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import { engine } from '../../database.ts'
import { TIGHT } from './library.ts'
import { moment, openPeople, secrets } from './people.ts'
import { plansOf, recorded, textsOf } from './plans.ts'

/** A value of each filter that every row has. */
const EVERYONES: Record<string, unknown> = {
  created_after: moment(0),
  created_before: moment(99),
  role: 'user',
  status: 'active',
  actor_id: 1,
  action: 'login',
  target_type: 'user',
  target_id: '1',
  outcome: 'success',
  ip: '192.0.2.7',
  user_id: 1,
  category: 'general',
  completed: false,
  priority: 'normal',
  due_after: moment(0),
  due_before: moment(99),
  overdue: false,
  author: 'a',
  isbn: '9780441478125',
  year_from: 1900,
  year_to: 2000,
}
const FEW_ROWS = 60

await test('no filter and no sort of a list reads a whole table, or sorts what has no bound', async (t) => {
  const { url, store, edit } = await openPeople(t)
  await edit({ add: Array.from({ length: 9 }, (_, i) => ({ name: `plum-${i}`, at: i % 7 })) })
  await fill(store)
  const record = recorded(store)
  const deps = { store: record.store, clock: systemClock, secrets }
  const { users, auditEvents, posts, todos, books } = store.tables
  const [postList, todoList, bookList] = RESOURCES.map(listOf) as [
    SearchedList,
    SearchedList,
    SearchedList,
  ]
  const lists = [
    { declaration: userList, of: users, list: createList(deps, userList, users, TIGHT) },
    { declaration: postList, of: posts, list: createList(deps, postList, posts, TIGHT) },
    { declaration: bookList, of: books, list: createList(deps, bookList, books, TIGHT) },
    { declaration: todoList, of: todos, list: createList(deps, todoList, todos, TIGHT) },
    {
      declaration: auditList,
      of: auditEvents,
      list: createList(deps, auditList, auditEvents, TIGHT),
    },
  ]
  for (const { declaration, list } of lists)
    for (const query of queriesOf(declaration)) {
      // Each way to read a part of a list, once: from the start, on from a cursor, and back. The casts: what each list can be asked is
      // only known here, and the to-dos alone have an owner.
      const page = (cursor?: string) =>
        list.page({ ...query, limit: 1, cursor, total: true } as never, 1 as never)
      const { prev } = await page((await page()).next)
      t.ok(prev, `${declaration.name} ${JSON.stringify(query)}`)
      await page(prev)
    }
  const activity = createActivity(deps)
  const { next } = await activity.page({ id: 1 }, { limit: 1 })
  const { prev } = await activity.page({ id: 1 }, { limit: 1, cursor: next })
  await activity.page({ id: 1 }, { limit: 1, cursor: prev })

  t.ok(record.kept() < lists.length * 210, `${record.kept()} of ${record.builds.size} are kept`)
  const plans = await plansOf(t, { url, store, builds: record.builds })
  t.ok(plans.size > 1000, `${plans.size} statements`)
  const leading = new Map(
    lists.map(({ declaration, of }) => [
      declaration.name,
      createConditions(engine, declaration as Declaration<never>, of as never).leading,
    ]),
  )
  for (const [name, plan] of plans) judge(t, name, plan, leading)
})

await test('a page goes by where it begins, whatever bounds there are', async (t) => {
  const { store, edit } = await openPeople(t)
  await edit({ add: ['a', 'b', 'c'].map((name, at) => ({ name, at })) })
  const record = recorded(store)
  const deps = { store: record.store, clock: systemClock, secrets }
  const list = createList(deps, userList, store.tables.users, TIGHT)
  const filters = { created_after: moment(0), created_before: moment(9) }
  const { next } = await list.page({ filters, limit: 1, total: true })
  await list.page({ filters, limit: 1, cursor: next })
  // Of two bounds on one column SQLite goes by the first; its plan does not tell.
  const texts = [...(await textsOf(store, record.builds))].filter(([name]) =>
    /^list_users(_edge)? .* (past|from)\b/.test(name),
  )
  t.ok(texts.length > 0)
  for (const [name, text] of texts)
    t.match(text, /where \(+("users"\.)?"created_at"(, "users"\."id"\))? [<>]=? /, name)
})

type Leading = (applied: readonly string[], field: string) => string[]

function judge(t: Test, statement: string, plan: string, leadings: Map<string, Leading>) {
  const [name = '', applied = '', sort = '', , part = '', led = ''] = statement.split(' ')
  const [, list = '', kind = ''] =
    /^list_(users|posts|todos|books|audit_events)_?(\w*)$/.exec(name) ?? []
  const about = `${statement}: ${plan}`
  const [field = ''] = sort.split(':')
  if (engine === 'postgres') {
    t.notMatch(plan, /Seq Scan/, about)
    const filters = applied.split(',').filter(Boolean)
    const isIndexed = leadings.get(list)?.(filters, field).length === filters.length
    // What one index has in order is not sorted.
    if (kind === '' && isIndexed) t.notMatch(plan, /(?<!Incremental )Sort;/, about)
    return
  }
  t.notMatch(plan, / B-TREE /, `nothing is sorted: ${about}`)
  // Along an index, from its beginning, no further than a step; what is filtered is found.
  const isWalk = part === 'all' && led === '' && (kind !== '' || applied === '')
  const wholly = field === 'id' ? /SCAN \w+(;|$)|SCAN \w+ USING/ : /SCAN \w+ USING/
  const isFound = /SEARCH \w+ USING|SCAN \w+_search VIRTUAL|SCAN temp\.\w+_terms VIRTUAL/.test(plan)
  t.ok(isFound || (isWalk && wholly.test(plan)), about)
  // However many are tied with the record at the cursor, the index leads straight to it.
  if (part === 'tied' || part === 'alike')
    t.match(plan, /=\? AND (id|rowid)[<>]\?\)|\(username_key=\?\)/, about)
}

/** Up to two filters and all of them, in every order; and a search with up to one filter. */
function queriesOf({ filters, sorts, search }: Declaration<never>) {
  const names = Object.keys(filters).filter((name) => name !== 'target_id')
  // Nobody has two books of one ISBN.
  const pairs = names
    .flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]))
    .filter((pair) => pair.join() !== 'user_id,isbn')
  const shapes = [
    [],
    ...names.map((name) => [name]),
    ...pairs,
    names.filter((name) => name !== 'isbn'),
  ].map((applied) => ({
    applied: applied.includes('target_type') ? [...applied, 'target_id'] : applied,
    q: undefined as string | undefined,
  }))
  if (filters['target_type']) shapes.push({ applied: ['target_type'], q: undefined })
  if (search) for (const name of ['', ...names]) shapes.push({ applied: [name], q: 'plum "plum"' })
  return shapes.flatMap(({ applied, q }) =>
    Object.keys(sorts).flatMap((field) =>
      ['asc', 'desc'].map((direction) => ({
        sort: `${field}:${direction}`,
        q,
        filters: Object.fromEntries(
          Object.entries(EVERYONES).filter(([name]) => applied.includes(name)),
        ),
      })),
    ),
  )
}

async function fill(store: Awaited<ReturnType<typeof openPeople>>['store']) {
  const { users, auditEvents, posts, todos, books } = store.tables
  const rows = Array.from({ length: FEW_ROWS }, (_, i) => ({
    userId: 1,
    title: 'plum',
    titleSort: `${i % 11}`,
    searchText: '_u1 plum',
    createdAt: moment(i % 7),
    updatedAt: moment(i % 7),
  }))
  const event = { action: 'login', outcome: 'success', actorId: 1, ip: '192.0.2.7' } as const
  const events = rows.map((_, i) => ({
    ...event,
    targetType: 'user',
    targetId: '1',
    at: moment(i % 9),
  }))
  await store.transaction(function* (tx) {
    yield* tx.query((q) => q.update(users).set({ searchText: 'plum' }))
    yield* tx.query((q) => q.insert(auditEvents).values(events))
    yield* tx.query((q) => q.insert(posts).values(rows.map((row) => ({ ...row, content: 'c' }))))
    yield* tx.query((q) =>
      q.insert(todos).values(
        rows.map((row) => ({
          ...row,
          titleKey: 'a',
          completed: false,
          dueAt: moment(5),
        })) as never,
      ),
    )
    const volumes = rows.map((row, i) => ({
      ...row,
      author: 'a',
      authorSort: 'a',
      publishedYear: 1950,
      yearAscending: 1950,
      yearDescending: 1950,
      // Nobody has one ISBN twice.
      userId: 1 + (i % 9),
      isbn: i < 9 ? '9780441478125' : null,
    }))
    yield* tx.query((q) => q.insert(books).values(volumes))
  })
}
