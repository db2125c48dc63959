import { statSync } from 'node:fs'
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

/** The bytes of a file that is to be read. @throws Failure when there is none */
export function sizeOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) throw new Failure(`There is no file ${file}.`)
  if (found.isDirectory()) throw new Failure(`${file} is a directory.`)
  return found.size
}
