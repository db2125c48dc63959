import { and, asc, eq, gt, gte, isNull, lt, sql } from '../../src/db/drizzle.ts'
import { test, type Test } from 'tap'
import { $ } from '../../src/db/store.ts'
import { freshDatabase, openStore } from '../database.ts'
import { MOMENT } from './leases.ts'
import { addUser } from './users.ts'

/** Audit events have every kind of column that may be null, todos have a flag. */
async function open(t: Test) {
  const store = await openStore(await freshDatabase(t))
  t.teardown(() => store.close())
  const { auditEvents: events, todos } = store.tables
  const insertEvent = store.define('test_add_event', (q) =>
    q
      .insert(events)
      .values({
        at: $('at'),
        action: 'test',
        outcome: 'success',
        actorId: $('actorId'),
        targetType: $('targetType'),
      })
      .returning(),
  )
  const addEvent = (values: { at: Date; actorId?: number | null; targetType?: string | null }) =>
    store.write(insertEvent, { actorId: null, targetType: null, ...values })
  const { id: userId } = await addUser(store)({ username: 'alice' })
  const addTodo = store.define('test_add_todo', (q) =>
    q
      .insert(todos)
      .values({
        userId,
        title: 't',
        titleKey: 't',
        description: $('description'),
        completed: $('completed'),
        createdAt: MOMENT,
        updatedAt: MOMENT,
      } as never)
      .returning(),
  )
  return { store, userId, events, todos, addEvent, addTodo }
}

await test('S58 numbers, texts, times and nulls come back as they went in, the largest too', async (t) => {
  const { addEvent } = await open(t)
  const values = [
    { at: MOMENT, actorId: 2147483647, targetType: 'to-do' },
    { at: new Date(0), actorId: -2147483648, targetType: '' },
    { at: new Date('9999-12-31T23:59:59.999Z'), actorId: 0, targetType: `'"\\ %_ 中文 😀 e\u0301` },
    { at: new Date('1969-12-31T23:59:59.999Z'), actorId: null, targetType: null },
  ]
  for (const value of values) {
    const [added] = await addEvent(value)
    t.match(added, value)
    t.type(added?.at, Date)
  }
})

await test('flags are true and false, given or in a condition', async (t) => {
  const { store, todos, addTodo } = await open(t)
  const completed = store.define('test_completed', (q) =>
    q
      .select({ completed: todos.completed, description: todos.description })
      .from(todos)
      .where(eq(todos.completed, $('completed', todos.completed))),
  )
  for (const flag of [true, false]) {
    const description = flag ? 'done' : null
    t.match(await store.write(addTodo, { completed: flag, description }), [{ completed: flag }])
    t.strictSame(await store.read(completed, { completed: flag }), [
      { completed: flag, description },
    ])
  }
})

await test('a time in a condition is compared to the millisecond', async (t) => {
  const { store, events, addEvent } = await open(t)
  const earlier = new Date(MOMENT.getTime() - 1)
  const later = new Date(MOMENT.getTime() + 1)
  for (const at of [earlier, MOMENT, later]) await addEvent({ at })
  const between = store.define('test_between', (q) =>
    q
      .select({ at: events.at })
      .from(events)
      .where(and(gte(events.at, $('from', events.at)), lt(events.at, $('to', events.at))))
      .orderBy(asc(events.at)),
  )
  t.strictSame(await store.read(between, { from: MOMENT, to: later }), [{ at: MOMENT }])
  t.strictSame(await store.read(between, { from: earlier, to: later }), [
    { at: earlier },
    { at: MOMENT },
  ])
  const after = await store.query((q) => q.select().from(events).where(gt(events.at, MOMENT)))
  t.match(after, [{ at: later }])
})

await test('a value of a condition may be null, whatever the type of its column', async (t) => {
  const { store, events, todos, addEvent, addTodo } = await open(t)
  await addEvent({ at: MOMENT, actorId: 7, targetType: 'x' })
  await store.write(addTodo, { completed: true, description: null })
  const columns = { at: events.at, actorId: events.actorId, targetType: events.targetType }
  const kinds = Object.entries(columns).map(([name, column]) => ({
    name,
    statement: store.define(`test_maybe_${name}`, (q) =>
      q
        .select({ id: events.id })
        .from(events)
        .where(sql`${$('value', column)} is null or ${column} = ${$('value', column)}`),
    ),
  }))
  const flag = store.define('test_maybe_completed', (q) =>
    q
      .select({ id: todos.id })
      .from(todos)
      .where(
        sql`${$('value', todos.completed)} is null or ${todos.completed} = ${$('value', todos.completed)}`,
      ),
  )
  const cases = [
    [{ at: MOMENT, actorId: 7, targetType: 'x' }, true, 1],
    [{ at: new Date(0), actorId: 8, targetType: 'y' }, false, 0],
    [{ at: null, actorId: null, targetType: null }, null, 1],
  ] as const
  for (const [values, completed, found] of cases) {
    for (const { name, statement } of kinds) {
      const value = new Map<string, unknown>(Object.entries(values)).get(name)
      t.equal((await store.read(statement, { value })).length, found, `${name} ${String(value)}`)
    }
    t.equal((await store.read(flag, { value: completed })).length, found, `flag ${completed}`)
  }
})

await test('a column can be set to null and to a value', async (t) => {
  const { store, events, addEvent } = await open(t)
  const [event] = await addEvent({ at: MOMENT, actorId: 7 })
  const set = store.define('test_set', (q) =>
    q
      .update(events)
      .set({
        actorId: sql`${$('actorId', events.actorId)}`,
        at: sql`${$('at', events.at)}`,
      })
      .where(eq(events.id, $('id')))
      .returning(),
  )
  const at = new Date(MOMENT.getTime() + 1)
  t.match(await store.write(set, { id: event?.id, actorId: null, at }), [{ actorId: null, at }])
  const without = await store.query((q) => q.select().from(events).where(isNull(events.actorId)))
  t.equal(without.length, 1)
  t.match(await store.write(set, { id: event?.id, actorId: 8, at: MOMENT }), [
    { actorId: 8, at: MOMENT },
  ])
})

await test('a time that may be null is set, cleared and inserted as null', async (t) => {
  const { store, userId } = await open(t)
  const { sessions } = store.tables
  const insert = store.define('test_insert', (q) =>
    q
      .insert(sessions)
      .values({
        id: $('id'),
        userId,
        rotating: false,
        createdAt: MOMENT,
        authenticatedAt: MOMENT,
        lastUsedAt: MOMENT,
        expiresAt: MOMENT,
        endedAt: $('endedAt', sessions.endedAt),
        ip: '::1',
      })
      .returning(),
  )
  const end = store.define('test_end', (q) =>
    q
      .update(sessions)
      .set({ endedAt: sql`${$('endedAt', sessions.endedAt)}` })
      .where(eq(sessions.id, $('id')))
      .returning(),
  )
  t.match(await store.write(insert, { id: 'a', endedAt: null }), [{ endedAt: null }])
  t.match(await store.write(insert, { id: 'b', endedAt: MOMENT }), [{ endedAt: MOMENT }])
  t.match(await store.write(end, { id: 'a', endedAt: MOMENT }), [{ endedAt: MOMENT }])
  t.match(await store.write(end, { id: 'a', endedAt: null }), [{ endedAt: null }])
})
