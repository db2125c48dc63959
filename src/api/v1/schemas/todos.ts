import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { TodoRecord } from '../../../domain/resources/index.ts'
import * as fields from '../../../base/fields.ts'
import { closed } from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const WATER = {
  id: 42,
  title: 'Water the plants',
  description: 'The fern twice.',
  completed: false,
  user_id: 7,
  created_at: '2026-11-20T16:33:06.902Z',
  updated_at: '2026-11-20T16:33:06.902Z',
}

const title = fields.line('What is to be done.', WATER.title)
const details = fields.description('More about it.', WATER.description)
const completed = Type.Boolean({ description: 'Whether it is done.', examples: [false] })

export const Todo = Component(
  'Todo',
  Type.Object({
    id: fields.id('The id of the to-do.'),
    title,
    description: Nullable({ ...details, description: 'More about it, null when there is none.' }),
    completed,
    user_id: fields.id('The id of its owner.'),
    created_at: fields.timestamp('When the to-do was created.'),
    updated_at: fields.timestamp('When the to-do last changed.'),
  }),
  { description: 'A to-do, which its owner alone may see.', examples: [WATER] },
)

export const TodoList = Component('TodoList', Type.Object({ todos: Type.Array(Ref(Todo)) }), {
  description: "One page of the caller's to-dos.",
  examples: [{ todos: [WATER] }],
})

export const TodoCreate = Component(
  'TodoCreate',
  Type.Object(
    {
      title,
      description: Type.Optional(details),
      completed: Type.Optional(completed),
    },
    closed,
  ),
  {
    description: 'A new to-do. It is not completed unless it says so.',
    examples: [{ title: WATER.title, description: WATER.description }],
  },
)

export const TodoUpdate = Component(
  'TodoUpdate',
  Type.Object(
    {
      title: Type.Optional(title),
      description: Type.Optional(
        Nullable({ ...details, description: 'More about it, or null for nothing more.' }),
      ),
      completed: Type.Optional(completed),
    },
    { ...closed, minProperties: 1 },
  ),
  {
    description: 'What to change of a to-do. What is absent stays as it is.',
    examples: [{ completed: true }],
  },
)

export const TodoIds = Component(
  'TodoIds',
  Type.Object(
    {
      ids: Type.Array(fields.id('The id of a to-do.'), {
        minItems: 1,
        maxItems: 100,
        description: 'The to-dos to delete. One that is named twice counts once.',
      }),
    },
    closed,
  ),
  { description: 'Which to-dos to delete.', examples: [{ ids: [42, 43] }] },
)

export const TodosDeleted = Component(
  'TodosDeleted',
  Type.Object({
    deleted: Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'How many to-dos were deleted.',
      examples: [2],
    }),
  }),
  { description: 'What a deletion of several to-dos did.', examples: [{ deleted: 2 }] },
)

export const presentTodo = (
  todo: Omit<TodoRecord, 'completedAt' | 'dueAt' | 'priority'>,
): Static<typeof Todo> => ({
  id: todo.id,
  title: todo.title,
  description: todo.description ?? null,
  completed: todo.completed,
  user_id: todo.userId,
  created_at: todo.createdAt.toISOString(),
  updated_at: todo.updatedAt.toISOString(),
})
