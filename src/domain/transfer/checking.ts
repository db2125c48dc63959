import { ValidationFailed } from '../../base/errors.ts'
import type { RowFault } from '../../base/row-fault.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { FileRow } from './file-row.ts'
import type { CheckedRow } from './spool.ts'
import { uniqueValueOf } from './unique.ts'

/**
 * Checks rows one by one, by their own rules and against those before them.
 * @param rowOf makes the columns of a new record; throws ValidationFailed
 */
export function createChecking<R extends object>(
  resource: Pick<AnyResource, 'unique'>,
  rowOf: (members: Record<string, unknown>) => R,
) {
  const { unique } = resource
  const valueOf = uniqueValueOf(resource)
  /** Where each value stands first that no two may share. */
  const values = new Map<string, number>()

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
    const value = valueOf(row)
    if (unique && value !== undefined) {
      const before = values.get(value)
      if (before !== undefined)
        return [{ line, code: unique.fault.code, detail: unique.fault.twice(before) }]
      values.set(value, line)
    }
    return { line, row }
  }
  return { check, values }
}
