import { asc } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { checkFields, toIsbn13 } from '../accounts/fields.ts'
import { IsbnTaken, ValidationFailed } from '../../base/errors.ts'
import { searchText } from '../search/search-text.ts'
import type { Query } from '../lists/declaration.ts'
import { createList } from '../lists/list.ts'
import { createBulk } from './bulk.ts'
import { createOwned } from './owned.ts'
import type { ContentDeps } from './owned-resource.ts'
import { ownerView } from './owner-view.ts'
import { shownColumns } from './owned-statements.ts'
import { createTotal, type Window } from './pages.ts'
import { bookList } from './book-list.ts'
import { ownerTag, sortText, sortYear } from './sort-keys.ts'

export type Book = Awaited<ReturnType<Books['find']>>
/** As v2 shows it. */
export type ShownBook = Awaited<ReturnType<Books['create']>>
export interface BookInput {
  title: string
  author: string
  /** Of 10 or 13 digits; kept as 13. Unique per owner. */
  isbn?: string | null | undefined
  /** -3000 to 9999 */
  publishedYear?: number | null | undefined
  description?: string | null | undefined
}

/** The catalogue that all signed-in users share; whoever added a book (and moderators) may change it. */
export function createBooks(deps: ContentDeps) {
  const { store } = deps
  const { books } = store.tables
  const {
    find,
    findWithOwner,
    findOwn: _,
    ...writes
  } = createOwned(deps, books, {
    name: 'book',
    one: 'Book',
    many: 'books',
    complete(input: BookInput) {
      const { title, author, isbn = null, ...others } = checkFields(input)
      const { publishedYear = null, description = null } = others
      return { title, author, isbn, publishedYear, description }
    },
    check: checkFields,
    conflict: () => new IsbnTaken(),
    view: ownerView<Tables['books']>(store, 'book'),
    derive({ userId, title, author, description, publishedYear }) {
      const year = sortYear(publishedYear)
      return {
        titleSort: sortText(title),
        authorSort: sortText(author),
        yearAscending: year.ascending,
        yearDescending: year.descending,
        searchText: searchText([title, author, description], [ownerTag(userId)]),
      }
    },
  })
  const list = createList(deps, bookList, books)
  const page = store.define('book_page', (q) =>
    q
      .select(shownColumns(books))
      .from(books)
      .orderBy(asc(books.id))
      .limit($('limit'))
      .offset($('offset')),
  )
  const total = createTotal(store, books)

  return {
    /** @throws NotFound */
    find,
    /** Oldest first. */
    async list(window: Window) {
      return { items: await store.read(page, { ...window }), total: await total() }
    },
    /** A book as v2 shows it, and the revisions that are in it. @throws NotFound */
    async show(id: number) {
      const { record, owner } = await findWithOwner(id)
      const version = [record.revision, owner.revision] as const
      return { ...record, username: owner.username, version }
    },
    /** One page of v2. @throws CursorMismatch, ValidationFailed for what is no ISBN */
    async page({ filters: { author, isbn, ...filters } = {}, ...query }: Query<typeof bookList>) {
      return list.page({
        ...query,
        filters: {
          ...filters,
          ...(author !== undefined && { author: sortText(author) }),
          ...(isbn !== undefined && { isbn: isbnToFind(isbn) }),
        },
      })
    },
    /** `create` and `update` throw IsbnTaken too. */
    ...writes,
    bulk: createBulk({ store, changeLog: deps.changeLog, ...writes }),
  }
}
export type Books = ReturnType<typeof createBooks>

function isbnToFind(text: string): string {
  const isbn = toIsbn13(text)
  if (isbn !== undefined) return isbn
  const detail = 'isbn must be an ISBN of 10 or 13 digits'
  throw new ValidationFailed([{ in: 'query', path: 'isbn', code: 'invalid_isbn', detail }])
}
