import type { ViolationCode } from './violation-code.ts'

/** What is wrong with a row of a file, beside what can be wrong with the body of a request. */
export type RowCode = ViolationCode | 'isbn_taken' | 'malformed_row'

export interface RowFault {
  /** Where the row begins in the file, from 1 on. */
  line: number
  code: RowCode
  detail: string
}
