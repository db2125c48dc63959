import { createWriteStream, existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { shapeOf } from '../api/v2/exports.ts'
import type { Backend } from '../domain/backend.ts'
import { resourceAt, type ResourceTable } from '../domain/resources/index.ts'
import { oneOf } from '../domain/resources/engine/writes.ts'
import { exportText } from '../domain/transfer/export-text.ts'
import type { Format } from '../domain/transfer/records.ts'
import { actorOf } from './actor.ts'
import { discard, draftOf, sync } from './backup-file.ts'
import { Failure } from './failure.ts'
import { formatOf } from './file-format.ts'
import { showProgress } from './progress.ts'

interface Wanted {
  /** Its table. */
  resource: ResourceTable
  file: string
  user: string
  all?: boolean
  format?: Format
}

/** @returns how many records were written. @throws Failure */
export async function exportFile(backend: Backend, wanted: Wanted): Promise<number> {
  const { file, all } = wanted
  const resource = resourceAt(wanted.resource)
  if (all && resource.read === 'owner')
    throw new Failure(`${oneOf(resource.called)}s are private: there is no --all of them.`)
  const isFile = file !== '-'
  const format = formatOf(file, wanted.format)
  if (isFile && existsSync(file)) throw new Failure(`${file} exists already.`)
  if (!existsSync(dirname(file))) throw new Failure(`There is no folder ${dirname(file)}.`)
  const actor = await actorOf(backend, wanted.user)
  const bar = showProgress(await backend.exports.count(resource, actor, { all }))
  let rows = 0
  const counted = <R>(pages: AsyncIterable<R[]>) =>
    watched(pages, (count) => {
      rows += count
      bar.step(count)
    })
  const pages = backend.exports.pages(resource, actor, { all })
  const text = exportText(counted(pages), format, shapeOf(resource))
  try {
    await (isFile ? writeFile(text, file) : pipeline(text, process.stdout, { end: false }))
  } finally {
    bar.stop()
  }
  return rows
}

async function writeFile(text: AsyncIterable<string>, file: string) {
  const draft = draftOf(file)
  try {
    await pipeline(text, createWriteStream(draft, { flags: 'wx', mode: 0o600 }))
    sync(draft)
    renameSync(draft, file)
    sync(dirname(file))
  } finally {
    discard(draft)
  }
}

async function* watched<R>(pages: AsyncIterable<R[]>, meet: (count: number) => void) {
  for await (const page of pages) {
    yield page
    meet(page.length)
  }
}
