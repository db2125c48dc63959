import { asc, gt, inArray, sql } from '../../db/drizzle.ts'
import { $, perShape, type Statement, type Store } from '../../db/store.ts'
import type { Change } from '../changes.ts'
import { bookList } from '../content/book-list.ts'
import type { ListedBook } from '../content/book-list.ts'
import { type ListedPost, postList } from '../content/post-list.ts'
import { type ListedTodo, todoList } from '../content/todo-list.ts'

/** Something that happened to a record, as the log has it. */
export interface Entry extends Change {
  id: number
  at: Date
}
/** The same with the record as it is now, if it is still there. */
export interface Happened extends Entry {
  post?: ListedPost | undefined
  todo?: ListedTodo | undefined
  book?: ListedBook | undefined
}

/** Entries that one look takes, and records that are in memory at once (one may have 400 kB). */
const ENTRIES = 500
const RECORDS = 50

/** Reads the log of changes, in the order in which they were committed. */
export function createLog(store: Store) {
  const { changes, posts, todos, books } = store.tables
  const oldest = sql<number>`(select min(id) from changes)`.mapWith(Number)
  const newest = sql<number | null>`(select max(id) from changes)`.mapWith(Number)
  const end = store.define('events_end', (q) =>
    q.select({ newest, oldest }).from(sql`(values (1)) as once`),
  )
  const following = store.define('events_after', (q) =>
    q
      .select({
        id: changes.id,
        type: changes.type,
        resourceId: changes.resourceId,
        userId: changes.userId,
        at: changes.at,
        oldest,
      })
      .from(changes)
      .where(gt(changes.id, $('after')))
      .orderBy(asc(changes.id))
      .limit($('limit')),
  )
  /** One record, or as many as are read at once. */
  const named = (size: string) => Array.from({ length: Number(size) }, (_, i) => $(`id${i}`))
  const findPosts = perShape((size) =>
    store.define(`events_posts_${size}`, (q) =>
      q
        .select(postList.shown(posts))
        .from(posts)
        .where(inArray(posts.id, named(size))),
    ),
  )
  const findTodos = perShape((size) =>
    store.define(`events_todos_${size}`, (q) =>
      q
        .select(todoList.shown(todos))
        .from(todos)
        .where(inArray(todos.id, named(size))),
    ),
  )
  const findBooks = perShape((size) =>
    store.define(`events_books_${size}`, (q) =>
      q
        .select(bookList.shown(books))
        .from(books)
        .where(inArray(books.id, named(size))),
    ),
  )

  /** The records of one kind that some entries are about, by their ids. */
  async function records<R extends { id: number; userId: number }>(
    kind: 'post' | 'todo' | 'book',
    statement: (size: string) => Statement<R[]>,
    entries: readonly Entry[],
  ) {
    const ids = new Set(
      entries
        .filter(({ type }) => type.startsWith(kind) && !type.endsWith('.deleted'))
        .map(({ resourceId }) => resourceId),
    )
    const [first] = ids
    if (first === undefined) return () => undefined
    const size = ids.size === 1 ? 1 : RECORDS
    const given = [...ids, ...Array<number>(size - ids.size).fill(first)]
    const values = Object.fromEntries(given.map((id, i) => [`id${i}`, id]))
    const rows = await store.read(statement(String(size)), values)
    const found = new Map(rows.map((row) => [row.id, row]))
    return ({ type, resourceId, userId }: Entry) => {
      const row = type.startsWith(kind) ? found.get(resourceId) : undefined
      // Whoever may see the event may see the record only if it is of the same user.
      return row?.userId === userId ? row : undefined
    }
  }

  return {
    /** How many entries `withRecords` takes. */
    records: RECORDS,
    /**
     * The ids of the oldest entry and the newest: of this timeline, for what an earlier one has told of a record may be undone. Only
     * before its first change there is none, and then the newest is what its ids are above; the newest is kept for ever.
     */
    async bounds(): Promise<{ oldest: number; newest: number }> {
      const [found] = await store.read(end)
      const { eventsAbove } = store.timeline()
      return {
        oldest: Math.max(found?.oldest ?? 1, eventsAbove + 1),
        newest: Math.max(found?.newest ?? 0, eventsAbove),
      }
    },
    /** The next entries behind an id. `isWhole` is false when others may have been there, that are purged or of an earlier timeline. */
    async after(id: number): Promise<{ entries: Entry[]; isWhole: boolean; isMore: boolean }> {
      const rows = await store.read(following, { after: id, limit: ENTRIES })
      const [first] = rows
      return {
        entries: rows.map(({ id: entry, type, resourceId, userId, at }) => ({
          id: entry,
          // The cast: `record` writes nothing else.
          type: type as Change['type'],
          resourceId,
          userId,
          at,
        })),
        isWhole:
          first === undefined || Math.max(first.oldest, store.timeline().eventsAbove + 1) <= id + 1,
        isMore: rows.length === ENTRIES,
      }
    },
    /** Adds the records to at most `records` entries. */
    async withRecords(entries: readonly Entry[]): Promise<Happened[]> {
      const [post, todo, book] = await Promise.all([
        records('post', findPosts, entries),
        records('todo', findTodos, entries),
        records('book', findBooks, entries),
      ])
      return entries.map((entry) => ({
        ...entry,
        post: post(entry),
        todo: todo(entry),
        book: book(entry),
      }))
    },
  }
}
export type Log = ReturnType<typeof createLog>
