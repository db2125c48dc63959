import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from '../../base/schema.ts'
import { Forbidden } from '../../base/access-errors.ts'
import type { BookInput, ShownBook as BookRecord } from '../../domain/content/books.ts'
import { bookList } from '../../domain/content/book-list.ts'
import { CursorMismatch, IsbnTaken, NotFound, PreconditionFailed } from '../../base/errors.ts'
import type { Version } from '../../domain/version.ts'
import { actor } from '../plugins/caller.ts'
import * as fields from '../../base/fields.ts'
import { created, noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { addBulk } from './bulk.ts'
import {
  asksForChanges,
  entityTag,
  ifMatch,
  IfMatch,
  IfNoneMatch,
  isUnchanged,
} from './conditional.ts'
import { answerOnce, IdempotencyKey } from './idempotency.ts'
import { querystring, readQuery, sendPage, trimmed } from './lists.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import {
  author,
  Book,
  BookBulk,
  BookCreate,
  BookPage,
  BookPatch,
  isbn,
  presentBook,
  year,
} from './schemas/books.ts'
import { problems } from './schemas/problems.ts'

const VIEW = 'b'
const tagOf = (request: FastifyRequest, version: Version) => entityTag(request, VIEW, ...version)
const TAGS = ['Books']
const BookId = fields.idParams('book')
const BookQuery = querystring(
  bookList,
  Book.properties,
  {
    user_id: fields.id('Only books that this user added.'),
    author: author('Only books by this author, whatever the case.'),
    isbn: isbn('Only books with this ISBN, of either length.'),
    year_from: year('Only books of this year or later.'),
    year_to: year('Only books of this year or earlier.'),
  },
  { in: 'title, author or description', examples: ['le guin'] },
)

const bookRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { scope: 'books:read' },
      schema: {
        operationId: 'listBooks',
        summary: 'List books',
        description:
          'The catalogue that all users share, the newest entries first unless sorted otherwise.',
        tags: TAGS,
        querystring: BookQuery,
        response: {
          200: ok(BookPage, 'One page of books.', ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const page = await request.backend.books.page(readQuery(bookList, request.query))
      return sendPage(request, reply, page, trimmed(request.query, presentBook))
    },
  )

  app.get(
    '/:id',
    {
      config: { scope: 'books:read' },
      schema: {
        operationId: 'getBook',
        summary: 'Read a book',
        description: 'One book, with the name of its owner.',
        tags: TAGS,
        params: BookId,
        headers: IfNoneMatch,
        response: {
          200: ok(Book, 'The book.', ['ETag']),
          304: notModified(),
          ...problems(new NotFound('Book')),
        },
      },
    },
    async (request, reply) => {
      const { books } = request.backend
      const { id } = request.params
      // Whoever has it already is answered without a look at the record.
      if (
        asksForChanges(request) &&
        isUnchanged(request, reply, tagOf(request, await books.version(id)))
      )
        return reply.code(304).send()
      const book = await books.show(id)
      reply.header('etag', tagOf(request, book.version))
      return presentBook(book)
    },
  )

  app.post(
    '',
    {
      config: { scope: 'books:write', idempotent: true },
      schema: {
        operationId: 'createBook',
        summary: 'Add a book',
        description: 'Adds a book to the catalogue. Whoever added it may change it.',
        tags: TAGS,
        headers: IdempotencyKey,
        body: Ref(BookCreate),
        response: {
          201: created(Book, 'The new book.', ['ETag']),
          ...problems(new IsbnTaken()),
        },
      },
    },
    async (request, reply) => {
      const { books } = request.backend
      const input = bookInput(request.body)
      const answer = (book: BookRecord) => ({
        status: 201,
        headers: {
          location: `${app.prefix}/${book.id}`,
          etag: tagOf(request, book.version),
        },
        body: presentBook(book),
      })
      return answerOnce(request, reply, answer, (last) => books.create(actor(request), input, last))
    },
  )

  addBulk<Static<typeof BookCreate>, BookInput, BookRecord>(app, {
    operationId: 'bulkBooks',
    tag: 'Books',
    many: 'books',
    body: BookBulk.Bulk,
    results: BookBulk.Results,
    scope: 'books:write',
    view: VIEW,
    revisions: 2,
    run: (request, ...bulk) => request.backend.books.bulk(...bulk),
    input: bookInput,
    present: presentBook,
    versionOf: ({ version }) => version,
  })

  app.patch(
    '/:id',
    {
      config: { scope: 'books:write', permission: 'book.edit' },
      schema: {
        operationId: 'updateBook',
        summary: 'Change a book',
        description:
          'What is absent stays, null clears. Moderators and admins may change any book.',
        tags: TAGS,
        params: BookId,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(BookPatch),
        response: {
          200: ok(Book, 'The book as it is now.', ['ETag']),
          ...problems(
            new Forbidden('You can only edit your own books'),
            new NotFound('Book'),
            new IsbnTaken(),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { books } = request.backend
      const { id } = request.params
      const book = await books.update(
        actor(request),
        id,
        bookInput(request.body),
        ifMatch(request, VIEW),
      )
      reply.header('etag', tagOf(request, book.version))
      return presentBook(book)
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'books:write', permission: 'book.delete' },
      schema: {
        operationId: 'deleteBook',
        summary: 'Remove a book',
        description: 'Moderators and admins may remove any book.',
        tags: TAGS,
        params: BookId,
        headers: IfMatch,
        response: {
          204: noContent('The book is gone.'),
          ...problems(
            new Forbidden('You can only delete your own books'),
            new NotFound('Book'),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { books } = request.backend
      await books.remove(actor(request), request.params.id, ifMatch(request, VIEW))
      return reply.code(204).send()
    },
  )
}

interface Body {
  title?: string
  author?: string
  isbn?: string | null
  published_year?: number | null
  description?: string | null
}

/** The members of a body, by their names inside. */
export function bookInput<B extends Body>({ published_year: publishedYear, ...rest }: B) {
  return { ...rest, ...(publishedYear !== undefined && { publishedYear }) }
}

export default bookRoutes
