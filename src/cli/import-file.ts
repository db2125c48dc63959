import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Backend } from '../domain/backend.ts'
import type { Progress, Source } from '../domain/transfer/batches.ts'
import { UnreadableFile } from '../domain/transfer/file-row.ts'
import type { RowFault } from '../base/row-fault.ts'
import type { Format } from '../domain/transfer/records.ts'
import { resourceAt, type ResourceTable } from '../domain/resources/index.ts'
import { isTaken } from '../domain/transfer/unique.ts'
import { actorOf } from './actor.ts'
import { Failure } from './failure.ts'
import { formatOf, sizeOf } from './file-format.ts'
import { type Batch, insertOf, readBatches, type Reading, withoutTaken } from './import-batches.ts'
import { patiently } from './patience.ts'
import { showProgress } from './progress.ts'

interface Wanted {
  /** Its table. */
  resource: ResourceTable
  file: string
  user: string
  format?: Format
  onError: 'reject' | 'skip'
  dryRun?: boolean
  again?: boolean
}

const NOTHING: Progress = { rows: 0, created: 0, rejected: 0 }
/** Faults that are printed. */
const SHOWN = 20
/** How often a batch is looked through again because somebody was quicker with what is unique. */
const TRIES = 3

/** @returns what to print. @throws Failure when rows are bad and shall not be skipped: then nothing more was written */
export async function importFile(backend: Backend, wanted: Wanted): Promise<string> {
  const { file, onError, dryRun = false, again = false } = wanted
  const resource = resourceAt(wanted.resource)
  const format = formatOf(file, wanted.format)
  const size = sizeOf(file)
  const actor = await actorOf(backend, wanted.user)
  const source: Source = {
    userId: actor.id,
    resource: resource.table,
    digest: await digestOf(file),
  }
  const before = again ? NOTHING : await backend.batches.find(source)
  const bar = showProgress(2 * size, '[{bar}] {percentage}%')
  const onRead = (bytes: number) => bar.step(bytes)
  const reading: Reading = { backend, actor, resource, file, format, done: before.rows, onRead }
  try {
    const found = await look(reading, onError, before)
    if (before.rows > 0 && found.rows === before.rows)
      return `${file} has been imported before: ${say(before)}. Add --again to import it once more.`
    const resumed = before.rows > 0 ? `, from row ${before.rows + 1} on` : ''
    if (dryRun) return `${file} can be imported${resumed}: ${say(found)}. Nothing was written.`
    if (again) await patiently(() => backend.batches.forget(source))
    const after = await write(reading, source, onError, before)
    return `Imported ${file}${resumed}: ${say(after)}.`
  } finally {
    bar.stop()
  }
}

/** Reads the file to its end. @throws Failure */
async function look(reading: Reading, onError: Wanted['onError'], before: Progress) {
  const faults: RowFault[] = []
  let found = before
  let rejected = 0
  try {
    for await (const batch of readBatches(reading)) {
      found = add(found, batch)
      rejected += batch.bad.length
      if (faults.length < SHOWN) faults.push(...batch.bad.flat())
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    throw refusalOf(reading.file, 1, error.faults)
  }
  if (rejected > 0 && onError === 'reject') throw refusalOf(reading.file, rejected, faults)
  return found
}

async function write(
  reading: Reading,
  source: Source,
  onError: Wanted['onError'],
  before: Progress,
): Promise<Progress> {
  let progress = before
  for await (const found of readBatches(reading)) {
    let batch = found
    for (let tries = 1; ; tries++) {
      // Somebody was quicker with what is unique than the second reading.
      if (batch.bad.length > 0 && onError === 'reject')
        throw refusalOf(reading.file, batch.bad.length, batch.bad.flat(), progress.rows)
      const next = add(progress, batch)
      const insert = insertOf(reading, batch)
      try {
        await patiently(() => reading.backend.batches.write(source, next, insert))
        progress = next
        break
      } catch (error) {
        if (!isTaken(reading.resource, error) || tries === TRIES) throw error
        batch = await withoutTaken(reading, batch)
      }
    }
  }
  return progress
}

const add = ({ created, rejected }: Progress, { rows, good, bad }: Batch): Progress => ({
  rows,
  created: created + good.length,
  rejected: rejected + bad.length,
})

/** What is said of a file that has bad rows, of which the first are printed. */
export function refusalOf(
  file: string,
  rejected: number,
  faults: readonly RowFault[],
  written = 0,
) {
  const shown = faults.slice(0, SHOWN).map(({ line, detail }) => `\n  line ${line}: ${detail}`)
  const more = faults.length > SHOWN || rejected > shown.length ? '\n  …' : ''
  const nothing = written > 0 ? `Nothing behind row ${written} was written` : 'Nothing was written'
  return new Failure(
    `${rejected} ${rejected === 1 ? 'row' : 'rows'} of ${file} cannot be imported. ${nothing}:${shown.join('')}${more}`,
  )
}

const say = ({ created, rejected }: Progress) =>
  `${created} created${rejected > 0 ? `, ${rejected} passed over` : ''}`

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file)) hash.update(bytes)
  return hash.digest('hex')
}
