import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '../../base/schema.ts'
import { Forbidden } from '../../base/access-errors.ts'
import type { TodoInput, ShownTodo as TodoRecord } from '../../domain/content/todos.ts'
import { todoList } from '../../domain/content/todo-list.ts'
import { CursorMismatch, NotFound, PreconditionFailed } from '../../base/errors.ts'
import { actor } from '../plugins/caller.ts'
import * as fields from '../../base/fields.ts'
import { created, noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { addBulk } from './bulk.ts'
import { entityTag, ifMatch, IfMatch, IfNoneMatch, isUnchanged } from './conditional.ts'
import { answerOnce, IdempotencyKey } from './idempotency.ts'
import { moment, querystring, readMoment, readQuery, sendPage, trimmed } from './lists.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import {
  priority,
  Todo,
  TodoBulk,
  TodoCreate,
  TodoPage,
  TodoPatch,
  presentTodo,
} from './schemas/todos.ts'
import { problems } from './schemas/problems.ts'

const VIEW = 't'
const TAGS = ['Todos']
const TodoId = fields.idParams('to-do')
const TodoQuery = querystring(
  todoList,
  Todo.properties,
  {
    completed: Type.Boolean({
      description: 'Only those that are done, or are not.',
      examples: [false],
    }),
    priority: priority('Only those of this priority.'),
    due_after: moment('Only those that are due at this moment or later.'),
    due_before: moment('Only those that are due before it.', '2026-11-27T00:00:00Z'),
    overdue: Type.Boolean({
      description: 'Only those that are due and not done, or all others.',
      examples: [true],
    }),
  },
  { in: 'title or description', examples: ['water plants'] },
)

const todoRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'todos:read' },
      schema: {
        operationId: 'listTodos',
        summary: 'List your to-dos',
        description: 'Your to-dos, the newest first unless sorted otherwise.',
        tags: TAGS,
        querystring: TodoQuery,
        response: {
          200: ok(TodoPage, 'One page of your to-dos.', ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const query = readQuery(todoList, request.query)
      const page = await request.backend.todos.page(actor(request), query)
      return sendPage(request, reply, page, trimmed(request.query, presentTodo))
    },
  )

  app.get(
    '/:id',
    {
      config: { scope: 'todos:read', permission: 'todo.view' },
      schema: {
        operationId: 'getTodo',
        summary: 'Read a to-do',
        description: 'One of your to-dos.',
        tags: TAGS,
        params: TodoId,
        headers: IfNoneMatch,
        response: {
          200: ok(Todo, 'The to-do.', ['ETag']),
          304: notModified(),
          ...problems(new Forbidden('You can only view your own todos'), new NotFound('Todo')),
        },
      },
    },
    async (request, reply) => {
      const todo = await request.backend.todos.find(actor(request), request.params.id)
      if (isUnchanged(request, reply, entityTag(request, VIEW, todo.revision)))
        return reply.code(304).send()
      return presentTodo(todo)
    },
  )

  app.post(
    '',
    {
      config: { scope: 'todos:write', idempotent: true },
      schema: {
        operationId: 'createTodo',
        summary: 'Write a to-do',
        description: 'Nobody but you sees it.',
        tags: TAGS,
        headers: IdempotencyKey,
        body: Ref(TodoCreate),
        response: { 201: created(Todo, 'The new to-do.', ['ETag']) },
      },
    },
    async (request, reply) => {
      const { todos } = request.backend
      const input = todoInput(request.body)
      const answer = (todo: TodoRecord) => ({
        status: 201,
        headers: {
          location: `${app.prefix}/${todo.id}`,
          etag: entityTag(request, VIEW, todo.revision),
        },
        body: presentTodo(todo),
      })
      return answerOnce(request, reply, answer, (last) => todos.create(actor(request), input, last))
    },
  )

  addBulk<Static<typeof TodoCreate>, TodoInput, TodoRecord>(app, {
    operationId: 'bulkTodos',
    tag: 'Todos',
    many: 'to-dos',
    body: TodoBulk.Bulk,
    results: TodoBulk.Results,
    scope: 'todos:write',
    view: VIEW,
    revisions: 1,
    run: (request, ...bulk) => request.backend.todos.bulk(...bulk),
    input: todoInput,
    present: presentTodo,
    versionOf: ({ revision }) => [revision],
  })

  app.patch(
    '/:id',
    {
      config: { scope: 'todos:write', permission: 'todo.edit' },
      schema: {
        operationId: 'updateTodo',
        summary: 'Change a to-do',
        description: 'What is absent stays, null clears.',
        tags: TAGS,
        params: TodoId,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(TodoPatch),
        response: {
          200: ok(Todo, 'The to-do as it is now.', ['ETag']),
          ...problems(
            new Forbidden('You can only edit your own todos'),
            new NotFound('Todo'),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { todos } = request.backend
      const { id } = request.params
      const changes = todoInput(request.body)
      const todo = await todos.update(actor(request), id, changes, ifMatch(request, VIEW, 1))
      reply.header('etag', entityTag(request, VIEW, todo.revision))
      return presentTodo(todo)
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'todos:write', permission: 'todo.delete' },
      schema: {
        operationId: 'deleteTodo',
        summary: 'Remove a to-do',
        description: 'Removes one of your to-dos.',
        tags: TAGS,
        params: TodoId,
        headers: IfMatch,
        response: {
          204: noContent('The to-do is gone.'),
          ...problems(
            new Forbidden('You can only delete your own todos'),
            new NotFound('Todo'),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { todos } = request.backend
      await todos.remove(actor(request), request.params.id, ifMatch(request, VIEW, 1))
      return reply.code(204).send()
    },
  )
}

/** The members of a body, by their names inside. @throws ValidationFailed for a time that no database holds. */
export function todoInput<B extends { due_at?: string | null }>({ due_at: due, ...rest }: B) {
  const dueAt = due === null || due === undefined ? due : readMoment(due, 'due_at')
  return { ...rest, ...(dueAt !== undefined && { dueAt }) }
}

export default todoRoutes
