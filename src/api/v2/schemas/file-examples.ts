import { writeCsv, writeHeader } from '../../../domain/transfer/csv-writer.ts'
import type { Format } from '../../../domain/transfer/records.ts'

/** What files with these rows look like. */
export const exampleOf = (
  columns: readonly string[],
  rows: ReadonlyArray<Record<string, unknown>>,
): Record<Format, string> => ({
  csv: `${writeHeader(columns)}${writeCsv(rows, columns)}`,
  ndjson: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
})
