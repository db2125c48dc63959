import { and, eq, inArray } from '../../db/drizzle.ts'
import type { Store } from '../../db/store.ts'
import type { RowFault } from '../../base/row-fault.ts'

/** ISBNs that one query looks for. */
const STEP = 500

/** Those of the ISBNs, given with the lines that they stand in, that a user has a book with: by line, what is wrong. */
export type TakenIsbns = (
  userId: number,
  lines: ReadonlyMap<string, number>,
) => Promise<Map<number, RowFault>>

export function createTakenIsbns(store: Store): TakenIsbns {
  const { books } = store.tables
  return async (userId, lines) => {
    const taken = new Map<number, RowFault>()
    const isbns = [...lines.keys()]
    for (let from = 0; from < isbns.length; from += STEP) {
      const wanted = isbns.slice(from, from + STEP)
      const found = await store.query((q) =>
        q
          .select({ isbn: books.isbn })
          .from(books)
          .where(and(eq(books.userId, userId), inArray(books.isbn, wanted))),
      )
      for (const { isbn } of found) {
        const line = isbn === null ? undefined : lines.get(isbn)
        if (line === undefined) continue
        const detail = 'You have a book with this ISBN already'
        taken.set(line, { line, code: 'isbn_taken', detail })
      }
    }
    return taken
  }
}

export const isbnTwice = (line: number, before: number): RowFault => ({
  line,
  code: 'isbn_taken',
  detail: `The row in line ${before} has the same ISBN`,
})
