import { extname } from 'node:path'
import { Option } from 'commander'
import { type Format, FORMATS } from '../domain/transfer/records.ts'
import { Failure } from './failure.ts'

const BY_ENDING = new Map<string, Format>([
  ['.csv', 'csv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
])

export const formatOption = () =>
  new Option('--format <format>', 'when the name of the file does not say it').choices(FORMATS)

/** @throws Failure when neither says it */
export function formatOf(file: string, given: Format | undefined): Format {
  const format = given ?? BY_ENDING.get(extname(file).toLowerCase())
  if (format) return format
  throw new Failure(
    `The name ${file} does not say what it is: add --format csv or --format ndjson.`,
  )
}
