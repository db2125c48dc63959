import { eq, gte, lte } from '../../db/drizzle.ts'
import type { Tables } from '../../db/tables.ts'
import type { Declaration, Row } from '../lists/declaration.ts'
import { ownerName } from './post-list.ts'

export const bookList = {
  name: 'books',
  shown: (books) => ({
    id: books.id,
    title: books.title,
    author: books.author,
    isbn: books.isbn,
    publishedYear: books.publishedYear,
    description: books.description,
    userId: books.userId,
    username: ownerName(books.userId),
    createdAt: books.createdAt,
    updatedAt: books.updatedAt,
  }),
  filters: {
    user_id: { kind: 'integer', where: ({ userId }, given) => eq(userId, given(userId)) },
    /** Folded, as `sortText` does it. */
    author: { kind: 'text', where: ({ authorSort }, given) => eq(authorSort, given(authorSort)) },
    isbn: { kind: 'text', where: ({ isbn }, given) => eq(isbn, given(isbn)) },
    year_from: {
      kind: 'integer',
      where: ({ publishedYear }, given) => gte(publishedYear, given(publishedYear)),
    },
    year_to: {
      kind: 'integer',
      where: ({ publishedYear }, given) => lte(publishedYear, given(publishedYear)),
    },
  },
  sorts: {
    created_at: ({ createdAt }) => createdAt,
    title: ({ titleSort }) => titleSort,
    author: ({ authorSort }) => authorSort,
    published_year: ({ yearAscending, yearDescending }, direction) =>
      direction === 'asc' ? yearAscending : yearDescending,
    id: ({ id }) => id,
  },
} satisfies Declaration<Tables['books']>

export type ListedBook = Row<typeof bookList>
