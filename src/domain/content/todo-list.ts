import { eq, gte, lt, sql } from '../../db/drizzle.ts'
import type { Tables } from '../../db/schema/tables.ts'
import type { Declaration, Row } from '../lists/declaration.ts'
import { ownerTag } from './sort-keys.ts'

export const todoList = {
  name: 'todos',
  shown: (todos) => ({
    id: todos.id,
    title: todos.title,
    description: todos.description,
    completed: todos.completed,
    completedAt: todos.completedAt,
    dueAt: todos.dueAt,
    priority: todos.priority,
    userId: todos.userId,
    createdAt: todos.createdAt,
    updatedAt: todos.updatedAt,
  }),
  /** To-dos are private. */
  scope: ({ userId }, given) => eq(userId, given(userId)),
  filters: {
    completed: { kind: 'flag', where: ({ completed }, given) => eq(completed, given(completed)) },
    priority: { kind: 'text', where: ({ priority }, given) => eq(priority, given(priority)) },
    due_after: { kind: 'moment', where: ({ dueAt }, given) => gte(dueAt, given(dueAt)) },
    due_before: { kind: 'moment', where: ({ dueAt }, given) => lt(dueAt, given(dueAt)) },
    /** Due and not completed. */
    overdue: {
      kind: 'flag',
      where: ({ dueAscending, completed }, given, now) =>
        sql`(${dueAscending} < ${now(dueAscending)} and not ${completed}) = ${given(completed)}`,
    },
  },
  sorts: {
    created_at: ({ createdAt }) => createdAt,
    due_at: ({ dueAscending, dueDescending }, direction) =>
      direction === 'asc' ? dueAscending : dueDescending,
    priority: ({ priorityRank }) => priorityRank,
    title: ({ titleSort }) => titleSort,
    id: ({ id }) => id,
  },
  search: { text: ({ searchText }) => searchText, tag: ownerTag },
} satisfies Declaration<Tables['todos']>

export type ListedTodo = Row<typeof todoList>
