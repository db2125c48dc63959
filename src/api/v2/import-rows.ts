import type { Static, TSchema } from '../../base/schema.ts'
import type { BookInput } from '../../domain/content/books.ts'
import type { TodoInput } from '../../domain/content/todos.ts'
import { ValidationFailed } from '../../base/errors.ts'
import type { ReadRow } from '../../domain/transfer/imports.ts'
import { checkOf } from '../plugins/validation.ts'
import { bookInput } from './books.ts'
import { BookCreate } from './schemas/books.ts'
import { TodoCreate } from './schemas/todos.ts'
import { todoInput } from './todos.ts'

/** How the rows of a file become new records: by the rules of a single one. */
export const readTodo = (): ReadRow<TodoInput> => reader(TodoCreate, todoInput)
export const readBook = (): ReadRow<BookInput> => reader(BookCreate, bookInput)

function reader<S extends TSchema, I>(schema: S, input: (body: Static<S>) => I): ReadRow<I> {
  const check = checkOf(schema)
  return (members) => {
    const violations = check(members)
    if (violations.length > 0) throw new ValidationFailed([...violations])
    // The cast: the schema has just said so.
    return input(members as Static<S>)
  }
}
