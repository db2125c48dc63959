import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { BUSY_PAUSES, isBusy } from './group-commit.ts'
import { queriesOver } from './queries.ts'
import { oneByOne } from '../one-by-one.ts'
import {
  allOrNothing,
  type Preparable,
  type Prepared,
  type Step,
  type Steps,
  type Tx,
} from '../store.ts'
import { inTurns } from './turns.ts'

interface Connection {
  file: string
  configure(sqlite: Database.Database): void
  /** The writes of the other connection, which can be kept back. */
  writes: { (body: () => void): Promise<void>; pause(): void; resume(): void }
  /** Which table a statement writes, if any. */
  tableOf(text: string): string | undefined
  /** Tells who watches a table that it was written. */
  touch(table: string): void
}

/**
 * Transactions of SQLite that take seconds, one at a time, each on a connection of its own: reads on the other one see what was before, and
 * the event loop has turns for them. Writes wait until it is over, for SQLite has one writer.
 */
export function longTransactions({ file, configure, writes, tableOf, touch }: Connection) {
  const { run, idle } = oneByOne()

  async function whole<T>(body: (tx: Tx) => Steps<T>): Promise<T> {
    // Set before anything waits for a lock: the wait blocks the event loop.
    const sqlite = new Database(file, { timeout: 50 })
    try {
      const others = inTurns()
      const written = new Set<string>()
      const execute = executor(sqlite, (text) => {
        const table = tableOf(text)
        if (table !== undefined) written.add(table)
      })
      // Those that waited for the one before have their turn first.
      await writes(() => undefined)
      writes.pause()
      await patiently(() => {
        configure(sqlite)
        // The next write of the other connection does it: both together would keep the event loop twice as long.
        sqlite.pragma('wal_autocheckpoint = 0')
        sqlite.exec('BEGIN IMMEDIATE')
      })
      const steps = allOrNothing(body)
      let step = steps.next()
      while (!step.done) {
        let value: unknown
        try {
          value = execute(step.value)
        } catch (error) {
          step = steps.throw(error)
          continue
        }
        await others()
        step = steps.next(value)
      }
      sqlite.exec('COMMIT')
      written.forEach(touch)
      return step.value
    } finally {
      // It rolls back what was not committed.
      sqlite.close()
      writes.resume()
    }
  }

  return { run: <T>(body: (tx: Tx) => Steps<T>) => run(() => whole(body)), idle }
}

/** Waits for another process that has the write lock, as long as a group of writes does. */
async function patiently(work: () => void) {
  for (let tries = 0; ; tries++) {
    try {
      return work()
    } catch (error) {
      const wait = BUSY_PAUSES[tries]
      if (!isBusy(error) || wait === undefined) throw error
      await pause(wait)
    }
  }
}

function executor(sqlite: Database.Database, meet: (text: string) => void) {
  const queries = queriesOver(sqlite)
  const prepared = new Map<string, Prepared>()
  return (step: Step): unknown => {
    if ('control' in step) return void sqlite.exec(step.control)
    if ('build' in step) return now(prepare(step.build(queries), '').execute())
    const { name, build } = step.statement
    let query = prepared.get(name)
    if (!query) prepared.set(name, (query = prepare(build(queries), name)))
    return now(query.execute(step.values))
  }

  function prepare(query: Preparable<unknown>, name: string) {
    meet(query.toSQL().sql)
    return query.prepare(name)
  }
}

// The cast is that of sqlite.ts.
const now = (result: PromiseLike<unknown>): unknown =>
  (result as unknown as { sync(): unknown }).sync()
