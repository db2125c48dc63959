import type { Violation } from '../../base/errors.ts'

/** An attacker chooses how many members are wrong; a person reads the first few. Of each record in a list of them, fewer. */
export const MOST = { body: 50, record: 10 }
/** Records of the longest list that is looked into. */
const RECORDS = 100
const RECORD = /^\/[^/]+\/\d+(?=\/)/

const recordOf = (path: string) => RECORD.exec(path)?.[0] ?? ''

export interface Limit {
  readonly violations: Violation[]
  /** Whether one more is told at this place. To put it into words for nothing costs time. */
  takes(path: string): boolean
  add(violation: Violation): void
}

/** Keeps the first violations of a body, and of each record in it: whatever is left out, its record is known to be wrong. */
export function limited(): Limit {
  const counts = new Map<string, number>()
  const violations: Violation[] = []
  const takes = (path: string) => {
    if (violations.length >= MOST.body + RECORDS * MOST.record) return false
    const record = recordOf(path)
    return (counts.get(record) ?? 0) < (record === '' ? MOST.body : MOST.record)
  }
  return {
    violations,
    takes,
    add(violation) {
      if (!takes(violation.path)) return
      const record = recordOf(violation.path)
      counts.set(record, (counts.get(record) ?? 0) + 1)
      violations.push(violation)
    },
  }
}
