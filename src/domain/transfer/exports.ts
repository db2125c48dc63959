import { and, asc, count, eq, gt } from '../../db/drizzle.ts'
import { $, type Statement, type Store } from '../../db/store.ts'
import { bookList } from '../content/book-list.ts'
import { postList } from '../content/post-list.ts'
import { todoList } from '../content/todo-list.ts'
import type { ListedRecords } from '../content/resource-lists.ts'
import type { Actor } from '../../base/actor.ts'
import type { ResourceTable } from '../resources.ts'
import type { Declaration, Listed, Row } from '../lists/declaration.ts'

/** Records that are held in memory at once. A post may be a hundred times as long as the others. */
const PAGE: Record<ResourceTable, number> = { todos: 200, books: 200, posts: 20 }

export interface Scope {
  /** All that one may read, not only one's own. */
  all?: boolean | undefined
}

/**
 * Everything that a user may take with them, page by page in the order of the ids: each record that is there from the beginning to the
 * end of an export is in it once. No page keeps anything of the database open.
 */
export function createExports(store: Store) {
  const { todos, books, posts } = store.tables
  const todosAfter = statements(store, todoList, todos)
  const booksAfter = statements(store, bookList, books)
  const postsAfter = statements(store, postList, posts)

  async function* pages<R extends { id: number }>(
    statement: Statement<R[]>,
    userId: number,
    limit: number,
  ): AsyncGenerator<R[]> {
    for (let id = 0; ;) {
      const page = await store.read(statement, { id, userId, limit })
      const last = page.at(-1)
      if (!last) return
      yield page
      if (page.length < limit) return
      id = last.id
    }
  }

  const own: { [T in ResourceTable]: Statement<Array<ListedRecords[T]>> } = {
    posts: postsAfter.own,
    todos: todosAfter.own,
    books: booksAfter.own,
  }

  return {
    /** Those that are one's own. */
    own: <T extends ResourceTable>(resource: T, { id }: Pick<Actor, 'id'>) =>
      pages<ListedRecords[T]>(own[resource], id, PAGE[resource]),
    todos: ({ id }: Pick<Actor, 'id'>) => pages(todosAfter.own, id, PAGE.todos),
    books: ({ id }: Pick<Actor, 'id'>, { all = false }: Scope = {}) =>
      pages(all ? booksAfter.all : booksAfter.own, id, PAGE.books),
    posts: ({ id }: Pick<Actor, 'id'>, { all = false }: Scope = {}) =>
      pages(all ? postsAfter.all : postsAfter.own, id, PAGE.posts),

    /** How many records these are. */
    async count(resource: ResourceTable, { id }: Pick<Actor, 'id'>, { all = false }: Scope = {}) {
      const table = store.tables[resource] as typeof todos
      const [counted] = await store.query((q) =>
        q
          .select({ count: count() })
          .from(table)
          .where(all ? undefined : eq(table.userId, id)),
      )
      return counted?.count ?? 0
    },
  }
}
export type Exports = ReturnType<typeof createExports>

function statements<T extends Listed, D extends Declaration<T>>(
  store: Store,
  declaration: D,
  source: T,
) {
  // drizzle infers no rows for a generic table: the statements below use only what all of them have.
  const table = source as unknown as typeof store.tables.todos
  const define = (scope: 'all' | 'own') =>
    store.define(`export_${declaration.name}_${scope}`, (q) =>
      q
        .select(declaration.shown(source))
        .from(table)
        .where(
          and(scope === 'own' ? eq(table.userId, $('userId')) : undefined, gt(table.id, $('id'))),
        )
        .orderBy(asc(table.id))
        .limit($('limit')),
    ) as unknown as Statement<Array<Row<D>>>
  return { all: define('all'), own: define('own') }
}
