import type { SQL } from 'drizzle-orm'
import { eq, sql } from '../../db/drizzle.ts'
import { NO_YEAR } from '../../db/schema/content-tables.ts'
import type { Tables } from '../../db/schema/tables.ts'
import type { Declaration, Row } from '../lists/declaration.ts'
import { ownerName } from './post-list.ts'

/** Both keys of the year, so that the index of either direction leads to no more than these; what has no year lies outside. */
const yearIn = ({ yearAscending, yearDescending }: Tables['books'], from: SQL, to: SQL): SQL =>
  // Not `between`: SQLite would go by it, and not by where the page begins.
  sql`${yearAscending} >= ${from} and ${yearAscending} <= ${to} and ${yearDescending} >= ${from} and ${yearDescending} <= ${to}`

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
    user_id: {
      kind: 'integer',
      where: ({ userId }, given) => eq(userId, given(userId)),
      leads: ['created_at', 'id'],
    },
    /** Folded, as `sortText` does it. */
    author: {
      kind: 'text',
      where: ({ authorSort }, given) => eq(authorSort, given(authorSort)),
      leads: ['author', 'id'],
    },
    isbn: { kind: 'text', where: ({ isbn }, given) => eq(isbn, given(isbn)), leads: ['id'] },
    year_from: {
      kind: 'integer',
      where: (books, given) => yearIn(books, given(books.publishedYear), sql.raw(`${NO_YEAR - 1}`)),
      bounds: 'published_year',
    },
    year_to: {
      kind: 'integer',
      where: (books, given) => yearIn(books, sql.raw(`${1 - NO_YEAR}`), given(books.publishedYear)),
      bounds: 'published_year',
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
  search: { text: ({ searchText }) => searchText },
} satisfies Declaration<Tables['books']>

export type ListedBook = Row<typeof bookList>
