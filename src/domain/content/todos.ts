import type { SQL } from 'drizzle-orm'
import { and, asc, count, desc, eq, inArray, sql } from '../../db/drizzle.ts'
import { PRIORITIES, type Priority } from '../../db/schema/content-tables.ts'
import { $, perShape } from '../../db/store.ts'
import { checkFields } from '../accounts/fields.ts'
import { fold } from '../../base/text.ts'
import type { Actor } from '../../base/actor.ts'
import { Forbidden } from '../../base/access-errors.ts'
import { NotFound } from '../../base/errors.ts'
import { searchText } from '../search/search-text.ts'
import type { Query } from '../lists/declaration.ts'
import { createList } from '../lists/list.ts'
import { createBulk } from './bulk.ts'
import { createOwned } from './owned.ts'
import type { ContentDeps } from './owned-resource.ts'
import { shownColumns } from './owned-statements.ts'
import type { Window } from './pages.ts'
import { todoList } from './todo-list.ts'
import { ownerTag, sortMoment, sortText } from './sort-keys.ts'

export type Todo = Awaited<ReturnType<Todos['find']>>
/** As v2 shows it. */
export type ShownTodo = Awaited<ReturnType<Todos['create']>>
export interface TodoInput {
  title: string
  description?: string | null | undefined
  completed?: boolean | undefined
  dueAt?: Date | null | undefined
  /** `normal` unless given */
  priority?: Priority | undefined
}
export interface TodoFilter extends Window {
  completed?: boolean | undefined
  /** Part of the title or the description, in any case; every character stands for itself. */
  search?: string | undefined
  /** `id` is oldest first (the default), `created_at` newest first. */
  sort?: 'id' | 'created_at' | undefined
}

/** To-dos are private: only their owner sees, changes or counts them. */
export function createTodos(deps: ContentDeps) {
  const { store, changeLog } = deps
  const { todos } = store.tables

  const {
    find: _,
    findWithOwner: __,
    findOwn,
    denied,
    ...writes
  } = createOwned(deps, todos, {
    name: 'todo',
    one: 'Todo',
    many: 'todos',
    complete(input: TodoInput) {
      const { title, description = null, completed = false, ...others } = checkFields(input)
      const { dueAt = null, priority = 'normal' } = others
      return { title, description, completed, dueAt, priority }
    },
    check: checkFields,
    // oxlint-disable-next-line require-yield -- nothing but the row is shown
    *view(_tx, row) {
      return row
    },
    derive({ userId, title, description, dueAt, priority, completed, completedAt, updatedAt }) {
      const due = sortMoment(dueAt)
      return {
        titleKey: fold(title),
        titleSort: sortText(title),
        descriptionKey: description === null ? null : fold(description),
        dueAscending: due.ascending,
        dueDescending: due.descending,
        priorityRank: PRIORITIES.indexOf(priority),
        completedAt: completed ? (completedAt ?? updatedAt) : null,
        searchText: searchText([title, description], [ownerTag(userId)]),
      }
    },
  })
  const list = createList(deps, todoList, todos)
  const filters: Record<string, SQL | undefined> = {
    completed: eq(todos.completed, $('completed', todos.completed)),
    search: sql`(${todos.titleKey} like ${$('pattern')} escape '\\' or ${todos.descriptionKey} like ${$('pattern')} escape '\\')`,
  }
  /** A shape names the filters that apply, and the order. */
  const matching = (shape: string) =>
    and(eq(todos.userId, $('userId')), ...shape.split(',').map((name) => filters[name]))
  const page = perShape((shape) =>
    store.define(`todo_page_${shape}`, (q) =>
      q
        .select(shownColumns(todos))
        .from(todos)
        .where(matching(shape))
        .orderBy(
          ...(shape.includes('created_at')
            ? [desc(todos.createdAt), desc(todos.id)]
            : [asc(todos.id)]),
        )
        .limit($('limit'))
        .offset($('offset')),
    ),
  )
  const total = perShape((shape) =>
    store.define(`todo_total_${shape}`, (q) =>
      q.select({ count: count() }).from(todos).where(matching(shape)),
    ),
  )

  return {
    /** @throws NotFound when absent, Forbidden when someone else's. */
    find: findOwn,

    /** One page of v2. @throws CursorMismatch */
    page: (actor: Actor, query: Query<typeof todoList>) => list.page(query, actor.id),

    async list(actor: Actor, { limit, offset, sort = 'id', ...filter }: TodoFilter) {
      const applied = Object.entries(filter).flatMap(([name, value]) =>
        value === undefined ? [] : [name],
      )
      const shape = [...applied.toSorted(), sort].join(',')
      const values = {
        userId: actor.id,
        completed: filter.completed,
        pattern: `%${fold(filter.search ?? '').replaceAll(/[\\%_]/g, '\\$&')}%`,
        limit,
        offset,
      }
      const [counted] = await store.read(total(shape), values)
      return { items: await store.read(page(shape), values), total: counted?.count ?? 0 }
    },

    ...writes,
    bulk: createBulk({ store, changeLog, ...writes, denied }),

    /**
     * Removes 1 to 100 to-dos, all or none; an id that is given twice counts once.
     * @returns how many were removed.
     * @throws Forbidden when one is someone else's, else NotFound when one is absent.
     */
    async removeMany(actor: Actor, ids: readonly number[]): Promise<number> {
      const wanted = [...new Set(ids)]
      const outcome = await store.transaction(function* (tx) {
        yield* writes.plan.lock(tx, actor, wanted)
        const found = yield* tx.query((q) =>
          q
            .select({ id: todos.id, userId: todos.userId })
            .from(todos)
            .where(inArray(todos.id, wanted)),
        )
        const foreign = found.find(({ userId }) => userId !== actor.id)
        if (foreign) return { foreign: foreign.id }
        const gone = yield* tx.query((q) =>
          q
            .delete(todos)
            .where(and(inArray(todos.id, wanted), eq(todos.userId, actor.id)))
            .returning({ id: todos.id }),
        )
        // Thrown inside: what was there stays.
        if (gone.length < wanted.length) throw new NotFound('Todo')
        const { id: userId } = actor
        yield* changeLog.record(
          tx,
          gone.map(({ id }) => ({ type: 'todo.deleted', resourceId: id, userId })),
        )
        return { deleted: gone.length }
      })
      if (outcome.foreign === undefined) return outcome.deleted
      await denied(actor, outcome.foreign)
      throw new Forbidden('You can only delete your own todos')
    },
  }
}
export type Todos = ReturnType<typeof createTodos>
