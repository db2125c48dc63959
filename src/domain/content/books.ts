import { asc } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import { checkFields } from '../accounts/fields.ts'
import type { Actor } from '../actor.ts'
import { createOwned, type ContentDeps } from './owned.ts'
import { createTotal, type Window } from './pages.ts'

export type Book = Awaited<ReturnType<Books['find']>>
export interface BookInput {
  title: string
  author: string
}

/** The catalogue that all signed-in users share; whoever added a book (and moderators) may change it. */
export function createBooks(deps: ContentDeps) {
  const { store } = deps
  const { books } = store.tables
  const { create, find, update, remove } = createOwned(deps, books, {
    name: 'book',
    one: 'Book',
    many: 'books',
  })
  const insert = store.define('book_insert', (q) =>
    q
      .insert(books)
      .values({
        userId: $('userId'),
        title: $('title'),
        author: $('author'),
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning(),
  )
  const page = store.define('book_page', (q) =>
    q.select().from(books).orderBy(asc(books.id)).limit($('limit')).offset($('offset')),
  )
  const total = createTotal(store, books)

  return {
    /** @throws NotFound */
    find,
    /** Oldest first. */
    async list(window: Window) {
      return { items: await store.read(page, { ...window }), total: await total() }
    },
    /** @throws ValidationFailed */
    async create(actor: Actor, input: BookInput) {
      const { title, author } = checkFields(input)
      return create(actor, insert, {
        title,
        author,
      })
    },
    /** @throws ValidationFailed, NotFound, Forbidden */
    async update(actor: Actor, id: number, changes: Partial<BookInput>) {
      return update(actor, id, checkFields(changes))
    },
    /** @throws NotFound, Forbidden */
    remove,
  }
}
export type Books = ReturnType<typeof createBooks>
