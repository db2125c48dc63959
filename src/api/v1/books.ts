import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '../../base/schema.ts'
import { actor } from '../plugins/caller.ts'
import { closed, idParams } from '../../base/fields.ts'
import { created, noContent, page, Ref, ok } from '../schemas/ref.ts'
import { linkPages, paged, pageQuery } from './paging.ts'
import { Book, BookCreate, BookList, BookUpdate, presentBook } from './schemas/books.ts'
import { refusal } from './schemas/errors.ts'

const BookId = idParams('book')
const absent = refusal(404, 'Book not found', 'There is no such book.')

const bookRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'books:read' },
      schema: {
        operationId: 'listBooks',
        summary: 'List books',
        description: 'The catalogue that all users share, as a bare array.',
        tags: ['Books'],
        querystring: Type.Object(pageQuery, closed),
        response: { 200: page(BookList, 'One page of books.') },
      },
    },
    async (request, reply) => {
      const { items, total } = await request.backend.books.list(paged(request.query))
      linkPages(request, reply, total)
      return items.map(presentBook)
    },
  )

  app.get(
    '/:id',
    {
      config: { scope: 'books:read' },
      schema: {
        operationId: 'getBook',
        summary: 'Read a book',
        description: 'One book of the catalogue.',
        tags: ['Books'],
        params: BookId,
        response: { 200: ok(Book, 'The book.'), ...absent },
      },
    },
    async (request) => presentBook(await request.backend.books.find(request.params.id)),
  )

  app.post(
    '',
    {
      config: { scope: 'books:write' },
      schema: {
        operationId: 'createBook',
        summary: 'Add a book',
        description: 'Adds a book to the catalogue. Whoever added it may change it.',
        tags: ['Books'],
        body: Ref(BookCreate),
        response: { 201: created(Book, 'The new book.') },
      },
    },
    async (request, reply) => {
      const book = await request.backend.books.create(actor(request), request.body)
      reply.code(201).header('location', `${app.prefix}/${book.id}`)
      return presentBook(book)
    },
  )

  app.put(
    '/:id',
    {
      config: { scope: 'books:write', permission: 'book.edit' },
      schema: {
        operationId: 'updateBook',
        summary: 'Change a book',
        description:
          'Replaces title and author of a book that you added; moderators and admins may change any.',
        tags: ['Books'],
        params: BookId,
        body: Ref(BookUpdate),
        response: {
          200: ok(Book, 'The book as it is now.'),
          ...refusal(403, 'You can only edit your own books', 'Someone else added this book.'),
          ...absent,
        },
      },
    },
    async (request) => {
      const { books } = request.backend
      return presentBook(await books.update(actor(request), request.params.id, request.body))
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'books:write', permission: 'book.delete' },
      schema: {
        operationId: 'deleteBook',
        summary: 'Remove a book',
        description: 'Removes a book that you added; moderators and admins may remove any.',
        tags: ['Books'],
        params: BookId,
        response: {
          204: noContent('The book is gone.'),
          ...refusal(403, 'You can only delete your own books', 'Someone else added this book.'),
          ...absent,
        },
      },
    },
    async (request, reply) => {
      await request.backend.books.remove(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default bookRoutes
