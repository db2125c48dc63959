import type { RowShape } from '../../domain/transfer/export-text.ts'
import type { ListedBook } from '../../domain/content/book-list.ts'
import type { ListedPost } from '../../domain/content/post-list.ts'
import type { ListedRecords } from '../../domain/content/resource-lists.ts'
import type { ListedTodo } from '../../domain/content/todo-list.ts'
import type { ResourceTable } from '../../domain/resources.ts'
import { Book, presentBook } from './schemas/books.ts'
import { Post, presentPost } from './schemas/posts.ts'
import { presentTodo, Todo } from './schemas/todos.ts'

/** Records as the rows of a file: their members as v2 has them, with the owner in two members of its own. */
export const todoShape: RowShape<ListedTodo> = {
  columns: columnsOf(Todo.properties),
  present: presentTodo,
}
export const bookShape: RowShape<ListedBook> = {
  columns: columnsOf(Book.properties),
  present: (book) => flat(presentBook(book)),
}
export const postShape: RowShape<ListedPost> = {
  columns: columnsOf(Post.properties),
  present: (post) => flat(presentPost(post)),
}
/** The rows of each resource. */
export const SHAPES: { [T in ResourceTable]: RowShape<ListedRecords[T]> } = {
  posts: postShape,
  todos: todoShape,
  books: bookShape,
}

function columnsOf(properties: object) {
  return Object.keys(properties).flatMap((name) =>
    name === 'user' ? ['user_id', 'username'] : [name],
  )
}

/** In the order of the columns, although an object has none: people read files. */
export function flat(record: { user: { id: number; username: string } }) {
  const members = Object.entries(record).flatMap(([name, value]): Array<[string, unknown]> =>
    name === 'user'
      ? [
          ['user_id', record.user.id],
          ['username', record.user.username],
        ]
      : [[name, value]],
  )
  return Object.fromEntries(members)
}
