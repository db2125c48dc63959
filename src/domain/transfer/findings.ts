import type { RowFault } from '../../base/row-fault.ts'

/** Faults that are told. */
const MOST = 1000

/** What is wrong with a file: it is counted, and no more is kept than is told. */
export function createFindings() {
  const told: RowFault[] = []
  let rejected = 0
  return {
    /** One row that is rejected, for one reason or more. */
    add(faults: readonly RowFault[]) {
      rejected += 1
      told.push(...faults.slice(0, MOST - told.length))
    },
    /** Together with what was found out later, one fault for a row. */
    with: (others: readonly RowFault[] = []) => ({
      rejected: rejected + others.length,
      errors: [...told, ...others].toSorted((a, b) => a.line - b.line).slice(0, MOST),
    }),
  }
}
