import { stringify } from 'csv-stringify/sync'
import { guard } from './formulas.ts'

/** Lines of a CSV file (RFC 4180): all texts in quotes, so that an empty one is told from none. */
export const writeCsv = (
  rows: ReadonlyArray<Record<string, unknown>>,
  columns: readonly string[],
) =>
  stringify(
    rows.map((row) => columns.map((column) => cellOf(row[column]))),
    { quoted_string: true, record_delimiter: 'windows', cast: { boolean: String } },
  )

export const writeHeader = (columns: readonly string[]) => `${columns.join(',')}\r\n`

const cellOf = (value: unknown) => (typeof value === 'string' ? guard(value) : value)
