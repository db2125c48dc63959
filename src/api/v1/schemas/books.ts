import { Type, type Static } from '../../../base/schema.ts'
import type { BookRecord } from '../../../domain/resources/index.ts'
import * as fields from '../../../base/fields.ts'
import { closed } from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const DISPOSSESSED = { id: 42, title: 'The Dispossessed', author: 'Ursula K. Le Guin', user_id: 7 }

const title = fields.line('The title of the book.', DISPOSSESSED.title)
const author = fields.line('Who wrote it.', DISPOSSESSED.author)

export const Book = Component(
  'Book',
  Type.Object({
    id: fields.id('The id of the book.'),
    title,
    author,
    user_id: fields.id('The id of the user who entered it.'),
  }),
  { description: 'A book of the shared catalogue.', examples: [DISPOSSESSED] },
)

export const BookList = Component('BookList', Type.Array(Ref(Book)), {
  description: 'One page of books, in the order of their ids.',
  examples: [[DISPOSSESSED]],
})

export const BookCreate = Component('BookCreate', Type.Object({ title, author }, closed), {
  description: 'A new book.',
  examples: [{ title: DISPOSSESSED.title, author: DISPOSSESSED.author }],
})

export const BookUpdate = Component('BookUpdate', Type.Object({ title, author }, closed), {
  description: 'A book as it shall be: both members.',
  examples: [{ title: 'The Dispossessed: An Ambiguous Utopia', author: DISPOSSESSED.author }],
})

export const presentBook = (
  book: Pick<BookRecord, 'id' | 'title' | 'author' | 'userId'>,
): Static<typeof Book> => ({
  id: book.id,
  title: book.title,
  author: book.author,
  user_id: book.userId,
})
