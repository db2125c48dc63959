import type { Columns } from './columns.ts'
import { readCsv } from './csv-reader.ts'
import type { FileRow } from './file-row.ts'
import { readNdjson } from './ndjson-reader.ts'

export const FORMATS = ['csv', 'ndjson'] as const
export type Format = (typeof FORMATS)[number]

/**
 * The rows of a file, as they arrive.
 * @throws UnreadableFile when nothing behind a place can be read, or the columns are not those of the resource; MalformedRequest for
 * what is not UTF-8
 */
export function readRows(
  source: AsyncIterable<Uint8Array>,
  format: Format,
  columns: Columns,
): AsyncIterable<FileRow> {
  return format === 'csv' ? readCsv(source, columns) : readNdjson(source, columns)
}
