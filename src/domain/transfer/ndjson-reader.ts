import { inTurns } from '../../db/sqlite/turns.ts'
import type { Columns } from './columns.ts'
import { type FileRow, LONGEST_ROW, MOST_BLANK_LINES, tooManyBlankLines } from './file-row.ts'
import { isTooDeep, MOST_LEVELS } from '../nesting.ts'
import { utf8Decoder } from './utf8.ts'

/** The rows of a file with one JSON object in each line. Blank lines are passed over. */
export async function* readNdjson(
  source: AsyncIterable<Uint8Array>,
  columns: Columns,
): AsyncGenerator<FileRow> {
  let number = 0
  let blank = 0
  for await (const text of linesOf(source)) {
    number += 1
    const row = readLine(text, number, columns)
    if (row) yield row
    else if (++blank > MOST_BLANK_LINES) throw tooManyBlankLines(number)
  }
}

function readLine(text: string | undefined, line: number, columns: Columns): FileRow | undefined {
  const refused = (detail: string): FileRow => ({
    line,
    fault: { line, code: 'malformed_row', detail },
  })
  if (text === undefined) return refused('The line is longer than 256 KiB')
  if (text.trim() === '') return undefined
  if (isTooDeep(text)) return refused(`The line is nested deeper than ${MOST_LEVELS} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refused('The line is not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused('The line is not a JSON object')
  // The cast: it is an object, and no list.
  const members = value as Record<string, unknown>
  for (const name of columns.ignored) delete members[name]
  return { line, members }
}

/** Lines without their end; undefined for one that is too long to be kept. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string | undefined> {
  const decode = utf8Decoder()
  const others = inTurns()
  let begun: string | undefined = ''
  for await (const bytes of source) {
    const [first = '', ...next] = decode(bytes).split('\n')
    begun = joined(begun, first)
    for (const line of next) {
      yield begun
      begun = joined('', line)
    }
    await others()
  }
  begun = joined(begun, decode())
  if (begun !== '') yield begun
}

const joined = (begun: string | undefined, more: string) =>
  begun === undefined || begun.length + more.length > LONGEST_ROW ? undefined : begun + more
