import { createWriteStream, existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bookShape, postShape, todoShape } from '../api/v2/rows.ts'
import type { Backend } from '../domain/backend.ts'
import { exportText } from '../domain/transfer/export-text.ts'
import type { Format } from '../domain/transfer/records.ts'
import { actorOf } from './actor.ts'
import { discard, draftOf, sync } from './backup-file.ts'
import { Failure } from './failure.ts'
import { formatOf } from './file-format.ts'
import { showProgress } from './progress.ts'

interface Wanted {
  resource: 'todos' | 'books' | 'posts'
  file: string
  user: string
  all?: boolean
  format?: Format
}

/** @returns how many records were written. @throws Failure */
export async function exportFile(backend: Backend, wanted: Wanted): Promise<number> {
  const { resource, file, all } = wanted
  if (all && resource === 'todos')
    throw new Failure('To-dos are private: there is no --all of them.')
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
  const { exports } = backend
  const text = {
    todos: () => exportText(counted(exports.todos(actor)), format, todoShape),
    books: () => exportText(counted(exports.books(actor, { all })), format, bookShape),
    posts: () => exportText(counted(exports.posts(actor, { all })), format, postShape),
  }[resource]()
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
