import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { explain, configure } from '../../src/db/sqlite/store.ts'
import { groupCommit } from '../../src/db/sqlite/group-commit.ts'

/** Another connection to a SQLite file, with nothing of ours between, closed with the test. */
export function connect(t: Test, file: string, options: Database.Options = {}) {
  const sqlite = new Database(file, options)
  t.teardown(() => sqlite.close())
  return sqlite
}

/** A group commit over a connection that the test can reach, with one table: `notes (text)`. */
export function openNotes(t: Test, { units = 256 } = {}) {
  const file = `${t.testdir({})}/notes.db`
  const statements: string[] = []
  const sqlite = connect(t, file, { verbose: (text) => statements.push(String(text)) })
  configure(sqlite)
  sqlite.exec('CREATE TABLE notes (text TEXT PRIMARY KEY) STRICT')
  statements.length = 0
  const insert = sqlite.prepare('INSERT INTO notes VALUES (?)')
  const other = connect(t, file, { readonly: true })
  return {
    file,
    sqlite,
    commit: groupCommit(sqlite, explain, { units }),
    add: (text: string) => void insert.run(text),
    /** What is in the file, as another connection sees it. */
    kept: () => other.prepare<[], string>('SELECT text FROM notes ORDER BY text').pluck().all(),
    /** The statements that were run, without their values. */
    ran: (word: string) => statements.filter((text) => text.startsWith(word)).length,
  }
}

/** The monotonic clock stands still unless it is moved, so a slow machine does not end a group early. */
export function holdTime(t: Test) {
  let now = performance.now()
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true })
  t.teardown(() => Reflect.deleteProperty(performance, 'now'))
  return { advance: (ms: number) => void (now += ms) }
}
