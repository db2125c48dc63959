import type { RowFault } from '../../base/row-fault.ts'

/** Bytes of a row, as many as the body of a request may have: a row is held in memory whole. */
export const LONGEST_ROW = 256 * 1024
/** Blank lines cost nothing to send, and some time to read. */
export const MOST_BLANK_LINES = 100_000

/** A row of a file: its members, which nobody has checked yet, or why it has none. */
export type FileRow =
  { line: number; members: Record<string, unknown> } | { line: number; fault: RowFault }

/** The file cannot be read, or from this row on it cannot: no row of it is written. The faults are those of one row. */
export class UnreadableFile extends Error {
  readonly faults: RowFault[]
  constructor(faults: RowFault[]) {
    super(faults[0]?.detail)
    this.faults = faults
  }
}

export const tooManyBlankLines = (line: number) =>
  new UnreadableFile([{ line, code: 'malformed_row', detail: 'The file has too many blank lines' }])
