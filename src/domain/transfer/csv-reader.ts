import { parse } from 'csv-parse'
import { inTurns } from '../../db/sqlite/turns.ts'
import type { Column, Columns } from './columns.ts'
import { unguard } from './formulas.ts'
import {
  type FileRow,
  LONGEST_ROW,
  MOST_BLANK_LINES,
  tooManyBlankLines,
  UnreadableFile,
} from './file-row.ts'
import type { RowFault } from '../../base/row-fault.ts'
import { onlyUtf8 } from './utf8.ts'

/** A cell; undefined when it is empty and not in quotes. */
type Cell = string | undefined
type Read = (cells: readonly Cell[]) => Record<string, unknown>

/** Bytes that are read at once: there may be a record in each. */
const PIECE = 8 * 1024
const MOST_COLUMNS = 200
/** Cells of a row that are kept, so that one is told how many there are: an empty one takes a byte of a file, and more of the memory. */
const MOST_CELLS = 1000
const TOO_MANY_CELLS = 'TOO_MANY_CELLS'
const REASONS: Record<string, string> = {
  [TOO_MANY_CELLS]: 'The row has more than 1,000 cells',
  CSV_MAX_RECORD_SIZE: 'The row is longer than 256 KiB, or a quote in it is not closed',
  CSV_QUOTE_NOT_CLOSED: 'A quote in this row is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'Behind a quote that closes a cell there is something else',
  INVALID_OPENING_QUOTE: 'A cell with a quote in it must be in quotes, and the quote in it doubled',
}
const INTEGER = /^-?(?:0|[1-9]\d{0,9})$/

/** The rows of a CSV file (RFC 4180, any line ends) that begins with a header. */
export async function* readCsv(
  source: AsyncIterable<Uint8Array>,
  columns: Columns,
): AsyncGenerator<FileRow> {
  let line = 1
  let blank = 0
  let read: { row: Read; width: number } | undefined

  function* rowsOf(records: Cell[][]): Generator<FileRow> {
    for (const cells of records) {
      if (!read) read = readHeader(cells, columns)
      else if (cells.length === 1 && cells[0] === undefined) {
        if (++blank > MOST_BLANK_LINES) throw tooManyBlankLines(line)
      } else if (cells.length === read.width) yield { line, members: read.row(cells) }
      else yield { line, fault: ragged(line, cells.length, read.width) }
      line += 1 + lineBreaks(cells)
    }
  }

  const { firstLine, whole } = await begin(onlyUtf8(source))
  const names = firstLine.split(',').map((name) => name.trim())
  const file = foreignOf(names, columns)?.csv(whole) ?? whole
  for await (const { records, error } of recordsOf(file)) {
    yield* rowsOf(records)
    if (error && !read && reasonOf(error) === TOO_MANY_CELLS)
      throw new UnreadableFile([headerFault('too_many', 'The file has more than 1,000 columns')])
    if (error) throw new UnreadableFile([unreadable(line, error)])
  }
  if (!read) throw new UnreadableFile([headerFault('malformed_row', 'The file has no header')])
}

const foreignOf = (names: readonly string[], { foreign }: Columns) =>
  foreign?.recognises(names) ? foreign : undefined

/** Reads a file up to the end of its first line. @returns that, and the file as it was */
async function begin(source: AsyncGenerator<Uint8Array>) {
  const read: Uint8Array[] = []
  let text = ''
  const others = inTurns()
  while (text.length <= LONGEST_ROW) {
    const next = await source.next()
    if (next.done) break
    read.push(next.value)
    const piece = Buffer.from(next.value).toString()
    text += piece
    // In what is new alone: a file may come byte by byte.
    if (/[\r\n]/.test(piece)) break
    await others()
  }
  async function* whole() {
    try {
      yield* read
      yield* source
    } finally {
      await source.return(undefined)
    }
  }
  return { firstLine: /^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? '', whole: whole() }
}

/** The records of each piece, and at last why there are no more, when it is not the end. */
async function* recordsOf(source: AsyncIterable<Uint8Array>) {
  let records: Cell[][] = []
  const parser = parse({
    bom: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST_ROW,
    cast(cell, { quoting, index }) {
      // The size of a record counts no empty cells.
      if (index >= MOST_CELLS) throw Object.assign(new Error(), { code: TOO_MANY_CELLS })
      return quoting || cell !== '' ? cell : undefined
    },
    // They are taken here: a stream that fails forgets what nobody has read yet.
    on_record(record) {
      records.push(record)
      return null
    },
  })
  parser.resume().on('error', () => undefined)
  const feed = (bytes?: Uint8Array) =>
    new Promise<{ records: Cell[][]; error: Error | null | undefined }>((resolve) => {
      records = []
      const answer = (error?: Error | null) => resolve({ records, error })
      if (bytes) parser.write(bytes, answer)
      else parser.end(answer)
    })
  const others = inTurns()
  for await (const bytes of source)
    for (let at = 0; at < bytes.length; at += PIECE) {
      const fed = await feed(bytes.subarray(at, at + PIECE))
      yield fed
      if (fed.error) return
      await others()
    }
  yield await feed()
}

/** @throws UnreadableFile */
function readHeader(cells: readonly Cell[], columns: Columns): { row: Read; width: number } {
  const width = cells.length
  if (width > MOST_COLUMNS)
    throw new UnreadableFile([headerFault('too_many', `The file has ${width} columns`)])
  const names = cells.map((cell = '') => cell.trim())
  const foreign = foreignOf(names, columns)
  if (foreign)
    return {
      row: (row) => foreign.members(new Map(names.map((name, i) => [name, row[i] ?? '']))),
      width,
    }

  const { members, ignored } = columns
  const known = new Set([...Object.keys(members), ...ignored])
  const unknown = names.filter((name) => !known.has(name))
  const repeated = new Set(names.filter((name, i) => names.indexOf(name) < i && known.has(name)))
  const missing = Object.keys(members).filter(
    (name) => members[name]?.required && !names.includes(name),
  )
  const faults = [
    ...unknown.map((name) =>
      headerFault(
        'unknown_member',
        `${JSON.stringify(name.slice(0, 64))} is not a column of such a file`,
      ),
    ),
    ...[...repeated].map((name) => headerFault('duplicate', `The column ${name} is there twice`)),
    ...missing.map((name) => headerFault('required', `The column ${name} is missing`)),
  ]
  if (faults.length > 0) throw new UnreadableFile(faults)

  const readers = names.flatMap((name, i) => {
    const column = members[name]
    return column ? [{ name, column, i }] : []
  })
  return {
    width,
    row: (row) => {
      const found: Record<string, unknown> = {}
      for (const { name, column, i } of readers) {
        const value = readCell(row[i], column)
        if (value !== undefined) found[name] = value
      }
      return found
    },
  }
}

/** What does not look like its kind stays text, and the rules of the member refuse it. */
function readCell(cell: Cell, { kind, empty = false }: Column): unknown {
  if (cell === undefined || (cell === '' && !empty)) return undefined
  if (kind === 'integer') return INTEGER.test(cell) ? Number(cell) : cell
  if (kind === 'flag') return cell === 'true' ? true : cell === 'false' ? false : cell
  return unguard(cell)
}

function lineBreaks(cells: readonly Cell[]) {
  let breaks = 0
  for (const cell of cells)
    if (cell !== undefined && /[\r\n]/.test(cell)) breaks += cell.match(/\r\n?|\n/g)?.length ?? 0
  return breaks
}

const headerFault = (code: RowFault['code'], detail: string): RowFault => ({
  line: 1,
  code,
  detail,
})

const ragged = (line: number, has: number, wanted: number): RowFault => ({
  line,
  code: 'malformed_row',
  detail: `The row has ${has} ${has === 1 ? 'cell' : 'cells'}, the header ${wanted}`,
})

function unreadable(line: number, error: Error): RowFault {
  const detail = REASONS[reasonOf(error)] ?? 'This is no CSV'
  return { line, code: 'malformed_row', detail: `${detail}: nothing behind it can be read` }
}

const reasonOf = (error: Error) => ('code' in error ? String(error.code) : '')
