import type { Kit } from './column-kit.ts'

/** A year that nobody may give: it stands for none. */
export const NO_YEAR = 10_000

type Owner = ReturnType<ReturnType<Kit['integer']>['notNull']>

/** The priorities of to-dos, in the order in which they are sorted. */
export const PRIORITIES = ['low', 'normal', 'high'] as const
export type Priority = (typeof PRIORITIES)[number]

/**
 * What users own. What people sort by has a key that sorts the same on both engines: of a text its fold, cut to what an index holds;
 * where a member may be absent, one key for each direction, so that none comes last in both. What they search for is in `search_text`, as search-text.ts writes it;
 * each engine keeps its index over that column by itself.
 */
export function contentTables(kit: Kit, ownerId: () => Owner) {
  const posts = kit.table(
    'posts',
    {
      id: kit.id(),
      userId: ownerId(),
      title: kit.text('title').notNull(),
      titleSort: kit.text('title_sort').notNull().default(''),
      content: kit.text('content').notNull(),
      category: kit.text('category').notNull().default('general'),
      searchText: kit.text('search_text').notNull().default(''),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.moment('created_at').notNull(),
      updatedAt: kit.moment('updated_at').notNull(),
    },
    (t) => [
      kit.index('posts_user_id').on(t.userId, t.id),
      kit.index('posts_created_at').on(t.createdAt, t.id),
      kit.index('posts_updated_at').on(t.updatedAt, t.id),
      kit.index('posts_title_sort').on(t.titleSort, t.id),
      kit.index('posts_category').on(t.category, t.createdAt, t.id),
      kit.index('posts_user_created_at').on(t.userId, t.createdAt, t.id),
    ],
  )
  const todos = kit.table(
    'todos',
    {
      id: kit.id(),
      userId: ownerId(),
      title: kit.text('title').notNull(),
      titleKey: kit.text('title_key').notNull(),
      titleSort: kit.text('title_sort').notNull().default(''),
      description: kit.text('description'),
      descriptionKey: kit.text('description_key'),
      completed: kit.flag('completed').notNull(),
      completedAt: kit.moment('completed_at'),
      dueAt: kit.moment('due_at'),
      dueAscending: kit.lastMoment('due_ascending'),
      dueDescending: kit.firstMoment('due_descending'),
      priority: kit.text('priority').$type<Priority>().notNull().default('normal'),
      /** Its index among PRIORITIES. */
      priorityRank: kit.integer('priority_rank').notNull().default(1),
      searchText: kit.text('search_text').notNull().default(''),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.moment('created_at').notNull(),
      updatedAt: kit.moment('updated_at').notNull(),
    },
    (t) => [
      kit.index('todos_user_id').on(t.userId, t.id),
      kit.index('todos_created_at').on(t.userId, t.createdAt, t.id),
      kit.index('todos_due_ascending').on(t.userId, t.dueAscending, t.id),
      kit.index('todos_due_descending').on(t.userId, t.dueDescending, t.id),
      kit.index('todos_priority').on(t.userId, t.priorityRank, t.id),
      kit.index('todos_title_sort').on(t.userId, t.titleSort, t.id),
    ],
  )
  const books = kit.table(
    'books',
    {
      id: kit.id(),
      userId: ownerId(),
      title: kit.text('title').notNull(),
      titleSort: kit.text('title_sort').notNull().default(''),
      author: kit.text('author').notNull(),
      authorSort: kit.text('author_sort').notNull().default(''),
      /** 13 digits, whatever it was given as. */
      isbn: kit.text('isbn'),
      publishedYear: kit.integer('published_year'),
      yearAscending: kit.integer('year_ascending').notNull().default(NO_YEAR),
      yearDescending: kit.integer('year_descending').notNull().default(-NO_YEAR),
      description: kit.text('description'),
      searchText: kit.text('search_text').notNull().default(''),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.moment('created_at').notNull(),
      updatedAt: kit.moment('updated_at').notNull(),
    },
    (t) => [
      kit.index('books_user_id').on(t.userId, t.id),
      kit.uniqueIndex('books_user_id_isbn').on(t.userId, t.isbn),
      kit.index('books_isbn').on(t.isbn, t.id),
      kit.index('books_created_at').on(t.createdAt, t.id),
      kit.index('books_title_sort').on(t.titleSort, t.id),
      kit.index('books_author_sort').on(t.authorSort, t.id),
      kit.index('books_year_ascending').on(t.yearAscending, t.id),
      kit.index('books_year_descending').on(t.yearDescending, t.id),
      kit.index('books_user_created_at').on(t.userId, t.createdAt, t.id),
    ],
  )
  return { posts, todos, books }
}
export type ContentTables = ReturnType<typeof contentTables>
