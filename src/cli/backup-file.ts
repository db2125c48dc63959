import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { Failure } from './failure.ts'

/** Pages (of 4 KiB) that one step copies, before other work of the process has its turn. */
const STEP = 256

/**
 * Copies the SQLite database in `database`, which others may be writing, to `file`: written under a name of its own beside it, verified,
 * synced to disk, and only then given its name. Never writes over a file.
 */
export async function backUp(database: string, file: string): Promise<{ bytes: number }> {
  if (!hasContent(database)) throw new Failure(`There is no database at ${database}.`)
  if (!existsSync(dirname(file))) throw new Failure(`There is no folder ${dirname(file)}.`)
  if (existsSync(file)) throw new Failure(`${file} exists already.`)
  const draft = draftOf(file)
  try {
    const source = new Database(database, { fileMustExist: true })
    try {
      // Without a snapshot of our own, every write of another process would start the copy again from its first page.
      source.exec('BEGIN')
      source.prepare('SELECT 1 FROM sqlite_schema').get()
      await copyInto(source, draft)
      source.exec('COMMIT')
    } finally {
      source.close()
    }
    verify(draft, `The copy of ${database}`)
    sync(draft)
    publish(draft, file)
    sync(dirname(file))
    return { bytes: statSync(file).size }
  } finally {
    discard(draft)
  }
}

/** A name beside `file` that nobody has, so that giving it the name `file` later is one step. */
export const draftOf = (file: string) => `${file}.${randomBytes(6).toString('hex')}.partial`

/** Copies a database into a file, which gets mode 0600 when it is new, in one transaction of that file. */
export async function copyInto(source: Database.Database, file: string): Promise<void> {
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
  const { totalPages } = await source.backup(file, { progress: () => STEP })
  // better-sqlite3 takes a locked file for a finished copy, of no pages.
  if (totalPages === 0) throw new Failure(`Another process keeps ${file} busy.`)
}

/** Whether there is a database: SQLite makes an empty file when it opens one that is not there. */
export const hasContent = (file: string) => existsSync(file) && statSync(file).size > 0

/** @throws Failure when the file is not a sound database. It is left as a single file, without a log beside it. */
export function verify(file: string, what: string): void {
  const copy = new Database(file, { fileMustExist: true })
  try {
    copy.pragma('journal_mode = DELETE')
    const found = copy.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok') throw new Failure(`${what} is damaged: ${String(found)}`)
    const dangling = copy.prepare('SELECT count(*) FROM pragma_foreign_key_check').pluck().get()
    if (dangling !== 0)
      throw new Failure(`${what} is damaged: ${String(dangling)} rows lack the row they refer to.`)
  } finally {
    copy.close()
  }
}

export function discard(draft: string) {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
}

/** Makes what was written, or the names in a folder, survive a loss of power. */
export function sync(path: string) {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A rename alone would replace what has the name, and not every file system has links: the name is taken first, by an empty file. */
function publish(draft: string, file: string) {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw taken ? new Failure(`${file} exists already.`) : error
  }
  renameSync(draft, file)
}
