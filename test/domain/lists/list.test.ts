import { test } from 'tap'
import { systemClock } from '../../../src/base/clock.ts'
import { eq, gte } from '../../../src/db/drizzle.ts'
import type { Tables } from '../../../src/db/schema/tables.ts'
import { auditList } from '../../../src/domain/audit-list.ts'
import { CursorMismatch } from '../../../src/base/errors.ts'
import type { Declaration, Query } from '../../../src/domain/lists/declaration.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import { moment, openPeople, secrets, type UserQuery } from './people.ts'

await test('a list is sorted by what it says, and by id where that is the same', async (t) => {
  const { edit, names } = await openPeople(t)
  const words = [
    'b',
    'ab',
    'a',
    'é',
    'e\u0301',
    'z',
    '_',
    '10',
    '9',
    '中',
    '\uff01',
    '😀',
    'ß',
    'ä',
  ]
  await edit({ add: words.map((name, i) => ({ name, at: i % 3 })) })
  const byKey = words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  t.strictSame(await names({ sort: 'username:asc' }), byKey, 'by code point, on both engines')
  t.strictSame(await names({ sort: 'username:desc' }), byKey.toReversed())
  t.strictSame(await names({ sort: 'id:asc' }), words)
  t.strictSame(await names({ sort: 'id:desc' }), words.toReversed())
  const oldest = [0, 1, 2].flatMap((at) => words.filter((_, i) => i % 3 === at))
  t.strictSame(await names({ sort: 'created_at:asc' }), oldest)
  t.strictSame(await names(), oldest.toReversed(), 'the newest first unless asked')
})

await test('filters are joined by and; times include their beginning and exclude their end', async (t) => {
  const { edit, names, list } = await openPeople(t)
  await edit({
    add: [
      { name: 'a', at: 0 },
      { name: 'b', at: 1, role: 'admin' },
      { name: 'c', at: 2, status: 'suspended' },
      { name: 'd', at: 3, role: 'admin', status: 'suspended' },
    ],
  })
  const cases: Array<[filters: NonNullable<UserQuery['filters']>, found: string]> = [
    [{}, 'abcd'],
    [{ created_after: moment(1) }, 'bcd'],
    [{ created_after: moment(1.001) }, 'cd'],
    [{ created_before: moment(2) }, 'ab'],
    [{ created_before: moment(2.001) }, 'abc'],
    [{ created_after: moment(1), created_before: moment(3) }, 'bc'],
    [{ created_after: moment(3), created_before: moment(1) }, ''],
    [{ role: 'admin' }, 'bd'],
    [{ status: 'suspended' }, 'cd'],
    [{ role: 'admin', status: 'suspended' }, 'd'],
    [{ role: 'admin', created_before: moment(3) }, 'b'],
    [{ role: 'admin', status: undefined }, 'bd'],
    [{ role: "admin' or '1'='1" }, ''],
  ]
  for (const [filters, found] of cases) {
    const query: UserQuery = { filters, sort: 'username:asc' }
    t.equal((await names(query)).join(''), found, JSON.stringify(filters))
    const { total } = await list.page({ ...query, limit: 1, total: true })
    t.equal(total, found.length, 'and counted alike')
  }
  t.equal((await list.page({})).total, undefined, 'not counted unless asked')
})

await test('a page holds 20 records unless asked, and the size may change on the way', async (t) => {
  const { edit, list } = await openPeople(t)
  await edit({ add: Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, at: 7 })) })
  const first = await list.page({ sort: 'id:asc' })
  t.equal(first.limit, 20)
  t.equal(first.records.length, 20)
  const second = await list.page({ sort: 'id:asc', cursor: first.next, limit: 3 })
  const third = await list.page({ sort: 'id:asc', cursor: second.next, limit: 100 })
  const names = [first, second, third].flatMap(({ records }) => records.map((one) => one.username))
  t.strictSame(
    names,
    Array.from({ length: 30 }, (_, i) => `${i}`),
  )
  t.equal(third.next, undefined)
})

await test('a cursor is good for its own list, sort and filters alone', async (t) => {
  const { edit, list, store } = await openPeople(t)
  await edit({ add: ['a', 'b', 'c'].map((name) => ({ name })) })
  const query: UserQuery = { limit: 1, filters: { role: 'user', created_after: moment(0) } }
  const { next } = await list.page(query)
  t.ok(await list.page({ ...query, cursor: next, total: true, limit: 2 }))
  const others: UserQuery[] = [
    { sort: 'created_at:asc' },
    { sort: 'id:desc' },
    { filters: {} },
    { filters: { role: 'user' } },
    { filters: { role: 'admin', created_after: moment(0) } },
    { filters: { role: 'user', created_after: moment(1) } },
    { filters: { role: 'user', created_before: moment(0) } },
    { filters: { role: 'user', created_after: moment(0), status: 'active' } },
  ]
  for (const other of others)
    await t.rejects(
      list.page({ ...query, ...other, cursor: next }),
      CursorMismatch,
      JSON.stringify(other),
    )

  const plain = await list.page({ limit: 1 })
  const events = createList(
    { store, clock: systemClock, secrets },
    auditList,
    store.tables.auditEvents,
  )
  await t.rejects(events.page({ cursor: plain.next }), CursorMismatch, 'another resource')
})

/** As a resource that belongs to somebody is declared. */
const ownTodos = {
  name: 'test_todos',
  shown: ({ id, title, userId }) => ({ id, title, userId }),
  filters: {
    completed: { kind: 'flag', where: ({ completed }, given) => eq(completed, given(completed)) },
    id_from: { kind: 'integer', where: ({ id }, given) => gte(id, given(id)) },
  },
  sorts: {
    created_at: ({ createdAt }) => createdAt,
    title: (todos) => todos['titleKey' as 'title'],
    id: ({ id }) => id,
  },
  scope: ({ userId }, given) => eq(userId, given(userId)),
} satisfies Declaration<Tables['todos']>

await test('S49 a list with a scope shows, counts and pages what its owner has', async (t) => {
  const { edit, store } = await openPeople(t)
  const { todos } = store.tables
  const [alice = 0, bob = 0] = await edit({ add: [{ name: 'alice' }, { name: 'bob' }] })
  const rows = Array.from({ length: 8 }, (_, i) => ({
    userId: i % 2 === 0 ? alice : bob,
    title: `${i}`,
    titleKey: 'the same',
    completed: i > 3,
    createdAt: moment(0),
    updatedAt: moment(0),
  }))
  await store.transaction((tx) => tx.query((q) => q.insert(todos).values(rows)))
  const list = createList({ store, clock: systemClock, secrets }, ownTodos, todos)
  const titles = async (query: Query<typeof ownTodos>, owner: number) =>
    (await list.page({ sort: 'title:asc', ...query }, owner)).records.map(({ title }) => title)

  t.strictSame(await titles({}, alice), ['0', '2', '4', '6'])
  t.strictSame(await titles({ filters: { completed: true } }, bob), ['5', '7'])
  t.strictSame(await titles({ filters: { completed: false, id_from: 2 } }, bob), ['1', '3'])
  const first = await list.page({ limit: 1, total: true }, alice)
  t.equal(first.total, 4)
  t.ok(first.records.every(({ userId }) => userId === alice))
  await t.rejects(list.page({ cursor: first.next }, bob), CursorMismatch, "somebody else's cursor")
  const rest = await list.page({ cursor: first.next }, alice)
  t.strictSame([rest.records.length, rest.next], [3, undefined])
})
