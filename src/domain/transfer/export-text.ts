import { inTurns } from '../../db/sqlite/turns.ts'
import { writeCsv, writeHeader } from './csv-writer.ts'
import type { Format } from './records.ts'

/** How a record is written in a file. */
export interface RowShape<R> {
  columns: readonly string[]
  present(record: R): Record<string, unknown>
}

/** The text of a file with these records, a piece for each page. */
export async function* exportText<R>(
  pages: AsyncIterable<readonly R[]>,
  format: Format,
  { columns, present }: RowShape<R>,
): AsyncGenerator<string> {
  // A page of SQLite is there at once: without a turn for others, a fast reader would have the event loop for itself.
  const others = inTurns(0)
  if (format === 'csv') yield writeHeader(columns)
  for await (const page of pages) {
    const rows = page.map(present)
    yield format === 'csv'
      ? writeCsv(rows, columns)
      : rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    await others()
  }
}
