import type { Row } from '../lists/declaration.ts'
import type { ResourceTable } from '../resources.ts'
import { bookList } from './book-list.ts'
import { postList } from './post-list.ts'
import { todoList } from './todo-list.ts'

/** What is shown of each resource wherever many of its records are read. */
export const LISTS = { posts: postList, todos: todoList, books: bookList } satisfies Record<
  ResourceTable,
  object
>
/** A record of each, as its list shows it. */
export type ListedRecords = { [T in ResourceTable]: Row<(typeof LISTS)[T]> }
