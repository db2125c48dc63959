import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { ListedTodo } from '../../../domain/content/todo-list.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'
import { bulkOf } from './bulk.ts'
import { PageOf, Trimmed } from './pages.ts'

const EXAMPLE = {
  id: 42,
  title: 'Water the plants',
  description: null,
  completed: false,
  completed_at: null,
  due_at: '2026-11-27T16:00:00.000Z',
  priority: 'normal' as const,
  created_at: '2026-11-20T16:33:06.902Z',
  updated_at: '2026-11-20T16:33:06.902Z',
}
const title = fields.line('What there is to do.', 'Water the plants')
const description = Nullable(
  fields.description('More about it, or null.', 'The ones on the sill too.'),
)
const completed = Type.Boolean({ description: 'Whether it is done.', examples: [false] })
export const priority = (text: string) =>
  Type.Unsafe<'low' | 'normal' | 'high'>({
    type: 'string',
    enum: ['low', 'normal', 'high'],
    description: text,
    examples: ['normal'],
  })
/** What a client sends: any offset, any precision. */
const due = Nullable(
  Type.String({
    format: 'date-time',
    description: 'When it is due (RFC 3339, any offset), or null.',
    examples: ['2026-11-27T17:00:00+01:00'],
  }),
)

export const Todo = Component(
  'Todo',
  Type.Object({
    id: fields.id('The id of the to-do.'),
    title,
    description,
    completed,
    completed_at: Nullable(fields.timestamp('When it was completed, null when it is not.')),
    due_at: Nullable(fields.timestamp('When it is due, null when at no time.')),
    priority: priority('How urgent it is.'),
    created_at: fields.timestamp('When it was written.'),
    updated_at: fields.timestamp('When it last changed.'),
  }),
  { description: 'A to-do, which nobody but its owner sees.', examples: [EXAMPLE] },
)

export const TodoCreate = Component(
  'TodoCreate',
  Type.Object(
    {
      title,
      description: Type.Optional(description),
      completed: Type.Optional(completed),
      due_at: Type.Optional(due),
      priority: Type.Optional(priority('How urgent it is, `normal` unless given.')),
    },
    fields.closed,
  ),
  {
    description: 'A new to-do.',
    examples: [{ title: 'Water the plants', due_at: '2026-11-27T17:00:00+01:00' }],
  },
)

export const TodoPatch = Component(
  'TodoPatch',
  Type.Object(
    {
      title: Type.Optional(title),
      description: Type.Optional(description),
      completed: Type.Optional(completed),
      due_at: Type.Optional(due),
      priority: Type.Optional(priority('How urgent it is.')),
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description: 'What to change of a to-do (RFC 7396): what is absent stays, null clears.',
    examples: [{ completed: true }],
  },
)

export const TodoBulk = bulkOf({
  name: 'Todo',
  what: 'to-do',
  create: TodoCreate,
  patch: TodoPatch,
  record: Todo,
  tag: '"t3-5f0c9b2e"',
})

export const ListedTodoSchema = Trimmed('ListedTodo', Todo)
export const TodoPage = PageOf('TodoPage', ListedTodoSchema, 'One page of your to-dos.')

export const presentTodo = (todo: ListedTodo): Static<typeof Todo> => ({
  id: todo.id,
  title: todo.title,
  description: todo.description,
  completed: todo.completed,
  completed_at: todo.completedAt?.toISOString() ?? null,
  due_at: todo.dueAt?.toISOString() ?? null,
  priority: todo.priority,
  created_at: todo.createdAt.toISOString(),
  updated_at: todo.updatedAt.toISOString(),
})
