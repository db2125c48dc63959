import { ValidationFailed } from '../../base/errors.ts'
import type { FileRow } from './file-row.ts'
import type { RowFault } from '../../base/row-fault.ts'
import { isbnTwice } from './isbns.ts'
import type { CheckedRow } from './spool.ts'

/**
 * Checks rows one by one, by their own rules and against those before them.
 * @param rowOf makes the columns of a new record; throws ValidationFailed
 */
export function createChecking<R extends object>(rowOf: (members: Record<string, unknown>) => R) {
  /** Where each ISBN stands first. */
  const isbns = new Map<string, number>()

  function check(found: FileRow): CheckedRow<R> | RowFault[] {
    const { line } = found
    if ('fault' in found) return [found.fault]
    let row: R
    try {
      row = rowOf(found.members)
    } catch (error) {
      if (!(error instanceof ValidationFailed)) throw error
      return error.violations.map(({ code, detail }) => ({ line, code, detail }))
    }
    const isbn: unknown = 'isbn' in row ? row.isbn : undefined
    if (typeof isbn === 'string') {
      const before = isbns.get(isbn)
      if (before !== undefined) return [isbnTwice(line, before)]
      isbns.set(isbn, line)
    }
    return { line, row }
  }
  return { check, isbns }
}
