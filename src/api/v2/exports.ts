import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { exportText, type RowShape } from '../../domain/transfer/export-text.ts'
import type { Format } from '../../domain/transfer/records.ts'
import { actor } from '../plugins/caller.ts'
import { bookShape, flat, postShape, todoShape } from './rows.ts'
import { exportQuery, fileReply, MEDIA_TYPES, TodoExportQuery } from './schemas/files.ts'
import { exampleOf } from './schemas/file-examples.ts'
import { Book } from './schemas/books.ts'
import { Post } from './schemas/posts.ts'
import { Todo } from './schemas/todos.ts'

const ABOUT = `The records come in the order of their ids, with the members that they have elsewhere; of \`user\` each row has \`user_id\` and
\`username\`. In CSV all texts are in quotes; what a spreadsheet would run as a formula has an apostrophe before it, which an import takes
away again. A file that is cut off is not whole: then the connection breaks.`

/** Everything of a resource that one may take along, as a file. */
const exports: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/todos/export',
    {
      config: { scope: 'todos:read' },
      schema: {
        operationId: 'exportTodos',
        summary: 'Export your to-dos',
        description: `Your to-dos as a file. ${ABOUT}`,
        tags: ['Todos'],
        querystring: TodoExportQuery,
        response: { 200: fileReply('The file.', exampleOf(todoShape.columns, Todo.examples)) },
      },
    },
    async (request, reply) => {
      const pages = request.backend.exports.todos(actor(request))
      return send(request, reply, { name: 'todos', shape: todoShape, pages, ...request.query })
    },
  )
  app.get(
    '/books/export',
    {
      config: { scope: 'books:read' },
      schema: {
        operationId: 'exportBooks',
        summary: 'Export books',
        description: `The books that you added, or the whole catalogue, as a file. ${ABOUT}`,
        tags: ['Books'],
        querystring: exportQuery('Whether to export the whole catalogue, not only your books.'),
        response: {
          200: fileReply('The file.', exampleOf(bookShape.columns, Book.examples.map(flat))),
        },
      },
    },
    async (request, reply) => {
      const pages = request.backend.exports.books(actor(request), request.query)
      return send(request, reply, { name: 'books', shape: bookShape, pages, ...request.query })
    },
  )
  app.get(
    '/posts/export',
    {
      config: { scope: 'posts:read' },
      schema: {
        operationId: 'exportPosts',
        summary: 'Export posts',
        description: `Your posts, or those of everyone, as a file. ${ABOUT}`,
        tags: ['Posts'],
        querystring: exportQuery('Whether to export the posts of everyone, not only yours.'),
        response: {
          200: fileReply('The file.', exampleOf(postShape.columns, Post.examples.map(flat))),
        },
      },
    },
    async (request, reply) => {
      const pages = request.backend.exports.posts(actor(request), request.query)
      return send(request, reply, { name: 'posts', shape: postShape, pages, ...request.query })
    },
  )
}

interface File<R> {
  name: string
  shape: RowShape<R>
  pages: AsyncIterable<R[]>
  format?: Format
}

async function send<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, shape, pages, format = 'csv' }: File<R>,
): Promise<Readable> {
  const isHead = request.method === 'HEAD'
  const guarded = request.backend.signedIn.during(actor(request), pages)
  const begun = isHead ? undefined : await begin(guarded)
  const parameters = format === 'csv' ? '; charset=utf-8; header=present' : '; charset=utf-8'
  reply.type(`${MEDIA_TYPES[format]}${parameters}`)
  reply.header('content-disposition', `attachment; filename="${name}.${format}"`)
  // Of a reply to HEAD, Fastify would read the whole file to throw it away.
  return Readable.from(begun ? exportText(begun, format, shape) : [], { objectMode: false })
}

/** The same, of which the first has been read: what fails before anything was sent is answered as ever. */
async function begin<R>(pages: AsyncGenerator<R>): Promise<AsyncIterable<R>> {
  const first = await pages.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* pages
  })()
}

export default exports
