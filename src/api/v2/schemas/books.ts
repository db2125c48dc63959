import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { ListedBook } from '../../../domain/content/book-list.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { Owner } from './owner.ts'
import { bulkOf } from './bulk.ts'
import { PageOf, Trimmed } from './pages.ts'

const EXAMPLE = {
  id: 42,
  title: 'The Left Hand of Darkness',
  author: 'Ursula K. Le Guin',
  isbn: '9780441478125',
  published_year: 1969,
  description: null,
  user: { id: 7, username: 'alice' },
  created_at: '2026-11-20T16:33:06.902Z',
  updated_at: '2026-11-20T16:33:06.902Z',
}
const title = fields.line('The title.', 'The Left Hand of Darkness')
export const author = (text: string) => fields.line(text, 'Ursula K. Le Guin')
const description = Nullable(fields.description('What it is about, or null.', 'An envoy on Gethen.'))
/** Nine digits and a check digit, or 978 or 979 and ten; whether the check digit is right no pattern can say. */
const ISBN = '^[ -]*(?:(?:[0-9][ -]*){9}[0-9Xx]|9[ -]*7[ -]*[89][ -]*(?:[0-9][ -]*){9}[0-9])[ -]*$'
/** What a client sends: either length, hyphens and spaces allowed. */
export const isbn = (text: string) =>
  Type.String({
    maxLength: 32,
    pattern: '^[0-9Xx -]+$',
    description: text,
    examples: ['0-441-47812-3'],
    ...fields.stated({ pattern: ISBN }),
  })
export const year = (text: string) =>
  Type.Integer({ minimum: -3000, maximum: 9999, description: text, examples: [1969] })
const years = Nullable(year('The year it was published, negative before the common era, or null.'))

export const Book = Component(
  'Book',
  Type.Object({
    id: fields.id('The id of the book.'),
    title,
    author: author('Who wrote it.'),
    isbn: Nullable(
      Type.String({
        pattern: '^97[89][0-9]{10}$',
        description: 'Its ISBN of 13 digits, or null.',
        examples: ['9780441478125'],
      }),
    ),
    published_year: years,
    description,
    user: Ref(Owner),
    created_at: fields.timestamp('When it was added.'),
    updated_at: fields.timestamp('When it last changed.'),
  }),
  { description: 'A book of the shared catalogue.', examples: [EXAMPLE] },
)

const optional = {
  isbn: Type.Optional(
    Nullable(isbn('Its ISBN of 10 or 13 digits, or null; unique among your books.')),
  ),
  published_year: Type.Optional(years),
  description: Type.Optional(description),
}

export const BookCreate = Component(
  'BookCreate',
  Type.Object({ title, author: author('Who wrote it.'), ...optional }, fields.closed),
  {
    description: 'A new book.',
    examples: [
      { title: EXAMPLE.title, author: EXAMPLE.author, isbn: '0-441-47812-3', published_year: 1969 },
    ],
  },
)

export const BookPatch = Component(
  'BookPatch',
  Type.Object(
    {
      title: Type.Optional(title),
      author: Type.Optional(author('Who wrote it.')),
      ...optional,
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description: 'What to change of a book (RFC 7396): what is absent stays, null clears.',
    examples: [{ published_year: 1969 }],
  },
)

export const BookBulk = bulkOf({
  name: 'Book',
  what: 'book',
  create: BookCreate,
  patch: BookPatch,
  record: Book,
  tag: '"b3.1-5f0c9b2e"',
})

export const ListedBookSchema = Trimmed('ListedBook', Book)
export const BookPage = PageOf('BookPage', ListedBookSchema, 'One page of books.')

export const presentBook = (book: ListedBook): Static<typeof Book> => ({
  id: book.id,
  title: book.title,
  author: book.author,
  isbn: book.isbn,
  published_year: book.publishedYear,
  description: book.description,
  user: { id: book.userId, username: book.username },
  created_at: book.createdAt.toISOString(),
  updated_at: book.updatedAt.toISOString(),
})
