import {
  constants,
  copyFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import type { Config } from '../config/schema.ts'
import { beginSqlite, type Replaced, replacedSqlite } from '../db/new-timeline.ts'
import { migrate } from '../db/open.ts'
import { IdsExhausted, type Timeline } from '../db/timeline.ts'
import { systemClock } from '../base/clock.ts'
import { ownedTables } from '../domain/resources/index.ts'
import { openBackend } from '../open-backend.ts'
import { copyInto, discard, draftOf, hasContent, sync, verify } from './backup-file.ts'
import { Failure } from './failure.ts'
import { endAllSessions } from './sessions.ts'

/** Milliseconds to wait for whoever has the database open. */
const PATIENCE = 250

interface Restored {
  /** Where the database as it was is kept; undefined when there was none. */
  aside: string | undefined
  /** The migrations that the backup lacked. */
  applied: string[]
  /** How many accounts were logged out. */
  ended: number | undefined
  /** The one that begins with it. */
  timeline: Timeline
}

/**
 * Puts the content of the backup `file` in the place of `database`. All that can fail is done on a copy first; then the database is
 * overwritten in one transaction of its own, so it never is half of each, and a server that starts in that moment waits. It is in a new
 * timeline then: what was given out since the backup is not given out again.
 * @param leap how many ids of each kind that may be, where the database does not tell
 * @throws Failure when the database is in use, or `file` is not a sound backup of this version or an older one; IdsExhausted
 */
export async function restore(
  config: Config,
  database: string,
  file: string,
  { endSessions, leap }: { endSessions: boolean; leap: number },
): Promise<Restored> {
  refuseUnfit(database, file)
  mkdirSync(dirname(database), { recursive: true })
  if (hasContent(database)) takeAlone(database).close()
  const draft = draftOf(database)
  try {
    copyFileSync(file, draft, constants.COPYFILE_EXCL)
    chmodSync(draft, 0o600)
    identify(draft, file)
    verify(draft, file)
    const applied = await migrate(`sqlite:${draft}`)
    const ended = await tryOut({ ...config, databaseUrl: `sqlite:${draft}` }, endSessions)
    verify(draft, 'The migrated copy')

    const { aside, replaced } = hasContent(database) ? await keepAside(database) : {}
    const timeline = await replace(database, draft, { leap, replaced }).catch((error: unknown) => {
      if (aside !== undefined && error instanceof IdsExhausted) rmSync(aside)
      throw error
    })
    sync(dirname(database))
    return { aside, applied, ended, timeline }
  } finally {
    discard(draft)
  }
}

function refuseUnfit(database: string, file: string) {
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`)
  const log = [`${file}-wal`, `${file}-journal`].find((path) => existsSync(path))
  if (log !== undefined)
    throw new Failure(
      `${file} is a database in use and no backup: a part of it is in ${log}. Make a backup with commonplace backup.`,
    )
  if (!existsSync(database)) return
  const [one, other] = [statSync(database), statSync(file)]
  if (one.ino === other.ino && one.dev === other.dev)
    throw new Failure(`${file} is the database itself.`)
}

/** @throws Failure when the file is not a database of ours. */
function identify(draft: string, file: string) {
  const copy = new Database(draft)
  try {
    const marks = copy
      .prepare(
        `SELECT count(*) FROM pragma_table_info('schema_migrations') AS m, pragma_table_info('signing_keys') AS k
         WHERE m.name = 'name' AND k.name = 'kid'`,
      )
      .pluck()
      .get()
    if (marks !== 1) throw new Failure(`${file} is not a database of Commonplace.`)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${file} is not a sound SQLite database.`, { cause: error })
  } finally {
    copy.close()
  }
}

/** Opens the copy as the server would, which finds out whether SECRET_KEY fits. */
async function tryOut(config: Config, endSessions: boolean) {
  const { backend, close } = await openBackend(config)
  try {
    return endSessions ? await endAllSessions(backend) : undefined
  } finally {
    await close()
  }
}

async function replace(
  database: string,
  draft: string,
  given: { leap: number; replaced: Replaced | undefined },
) {
  const source = new Database(draft)
  try {
    const timeline = beginSqlite(source, {
      now: systemClock.now(),
      owned: ownedTables,
      ...given,
    })
    await copyInto(source, database)
    return timeline
  } finally {
    source.close()
  }
}

/**
 * Opens a database so that no other process has it open, or can open it until it is closed. Every connection to a database in WAL mode, an
 * idle one too, holds a shared lock on the file, which keeps the exclusive one from us.
 */
export function takeAlone(database: string) {
  const sqlite = new Database(database, { fileMustExist: true, timeout: PATIENCE })
  try {
    sqlite.pragma('locking_mode = EXCLUSIVE')
    sqlite.exec('BEGIN EXCLUSIVE; COMMIT')
    return sqlite
  } catch (error) {
    sqlite.close()
    if (!(error instanceof Database.SqliteError)) throw error
    throw new Failure(
      error.code.startsWith('SQLITE_BUSY')
        ? `${database} is in use by another process: stop the server first.`
        : `${database} is too damaged to be opened (${error.message}): with the server stopped, move it and the files with the same beginning away, and restore again.`,
      { cause: error },
    )
  }
}

/** Copies the database as it is now to a name beside it, and reads what it has given out. Its log is folded into it, and gone. */
async function keepAside(database: string) {
  const time = systemClock.now().toISOString().replaceAll(/[-:.]/g, '')
  const aside = `${database}.before-restore-${time}`
  const sqlite = takeAlone(database)
  let replaced: Replaced | undefined
  try {
    sqlite.pragma('journal_mode = DELETE')
    await copyInto(sqlite, aside)
    replaced = readable(() => replacedSqlite(sqlite))
    // Nobody can have mapped it while we are alone: only a server that crashed leaves one.
    rmSync(`${database}-shm`, { force: true })
  } finally {
    sqlite.close()
  }
  sync(aside)
  return { aside, replaced }
}

/** A database that is damaged may tell nothing. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    return undefined
  }
}
