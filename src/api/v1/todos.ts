import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '../../base/schema.ts'
import { actor } from '../plugins/caller.ts'
import { closed, idParams } from '../../base/fields.ts'
import { created, noContent, OptionalBody, page, Ref, ok } from '../schemas/ref.ts'
import { linkPages, paged, pageQuery } from './paging.ts'
import { refusal } from './schemas/errors.ts'
import {
  presentTodo,
  Todo,
  TodoCreate,
  TodoIds,
  TodoList,
  TodosDeleted,
  TodoUpdate,
} from './schemas/todos.ts'
import { idsOf, TodoFilter, TodoIdsQuery } from './todo-query.ts'

const TodoId = idParams('to-do')
const absent = refusal(404, 'Todo not found', 'There is no such to-do.')
const foreign = (verb: string) =>
  refusal(403, `You can only ${verb} your own todos`, "This is someone else's to-do.")

const todoRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'todos:read' },
      schema: {
        operationId: 'listTodos',
        summary: 'List your to-dos',
        description: 'Your own to-dos, by id unless sorted by `created_at`, newest first.',
        tags: ['Todos'],
        querystring: Type.Object({ ...TodoFilter, ...pageQuery }, closed),
        response: { 200: page(TodoList, 'One page of your to-dos.') },
      },
    },
    async (request, reply) => {
      const { items, total } = await request.backend.todos.list(
        actor(request),
        paged(request.query),
      )
      linkPages(request, reply, total)
      return { todos: items.map(presentTodo) }
    },
  )

  app.get(
    '/:id',
    {
      config: { scope: 'todos:read', permission: 'todo.view' },
      schema: {
        operationId: 'getTodo',
        summary: 'Read your to-do',
        description: 'One to-do of yours.',
        tags: ['Todos'],
        params: TodoId,
        response: { 200: ok(Todo, 'The to-do.'), ...foreign('view'), ...absent },
      },
    },
    async (request) => {
      const { todos } = request.backend
      return presentTodo(await todos.findOwn(actor(request), request.params.id))
    },
  )

  app.post(
    '',
    {
      config: { scope: 'todos:write' },
      schema: {
        operationId: 'createTodo',
        summary: 'Add a to-do',
        description: 'Creates a to-do that nobody else can see.',
        tags: ['Todos'],
        body: Ref(TodoCreate),
        response: { 201: created(Todo, 'The new to-do.') },
      },
    },
    async (request, reply) => {
      const todo = await request.backend.todos.create(actor(request), request.body)
      reply.code(201).header('location', `${app.prefix}/${todo.id}`)
      return presentTodo(todo)
    },
  )

  app.put(
    '/:id',
    {
      config: { scope: 'todos:write', permission: 'todo.edit' },
      schema: {
        operationId: 'updateTodo',
        summary: 'Change your to-do',
        description: 'Changes your own to-do. `null` clears the description.',
        tags: ['Todos'],
        params: TodoId,
        body: Ref(TodoUpdate),
        response: {
          200: ok(Todo, 'The to-do as it is now.'),
          ...foreign('edit'),
          ...absent,
        },
      },
    },
    async (request) => {
      const { todos } = request.backend
      return presentTodo(await todos.update(actor(request), request.params.id, request.body))
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'todos:write', permission: 'todo.delete' },
      schema: {
        operationId: 'deleteTodo',
        summary: 'Delete your to-do',
        description: 'Deletes one to-do of yours.',
        tags: ['Todos'],
        params: TodoId,
        response: {
          204: noContent('The to-do is gone.'),
          ...foreign('delete'),
          ...absent,
        },
      },
    },
    async (request, reply) => {
      await request.backend.todos.remove(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )

  app.delete(
    '',
    {
      config: { scope: 'todos:write', permission: 'todo.delete' },
      schema: {
        operationId: 'deleteTodos',
        summary: 'Delete several of your to-dos',
        description:
          'Takes the ids in the body or in the query, not in both. If any is absent or not yours, nothing happens.',
        tags: ['Todos'],
        querystring: TodoIdsQuery,
        body: OptionalBody(Ref(TodoIds)),
        response: {
          200: ok(TodosDeleted, 'How many were deleted.'),
          ...foreign('delete'),
          ...absent,
        },
      },
    },
    async (request) => {
      const { todos } = request.backend
      return { deleted: await todos.removeMany(actor(request), idsOf(request.query, request.body)) }
    },
  )
}

export default todoRoutes
