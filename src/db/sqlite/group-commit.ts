import type { Database } from 'better-sqlite3'
import { Overloaded } from '../../base/errors.ts'

/** How much one group may hold, in units and in milliseconds of event loop, before it commits. */
const GROUP_UNITS = 256
const GROUP_MS = 5
/** Units that may wait. Beyond it the answer is 503 at once: a queue without a bound only hides the overload. */
const QUEUE = 8192
/** Another process holds the write lock: pauses in ms before each further try, then the group is refused. */
export const BUSY_PAUSES = [10, 25, 50, 100, 200]

interface Limits {
  units?: number
  /** Called before each group begins. */
  before?: () => void
}
interface Unit {
  body: () => unknown
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/**
 * Units that wait together share one BEGIN IMMEDIATE … COMMIT, each in its own savepoint: one fsync for all of them. A unit
 * that fails is rolled back alone; all are answered only after the commit. `explain` turns the engine's faults into ours.
 */
export function groupCommit(
  sqlite: Database,
  explain: (error: unknown) => unknown,
  { units = GROUP_UNITS, before = () => undefined }: Limits = {},
) {
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((text) =>
    sqlite.prepare(text),
  )
  const [mark, keep, undo] = ['SAVEPOINT unit', 'RELEASE unit', 'ROLLBACK TO unit'].map((text) =>
    sqlite.prepare(text),
  )
  let waiting: Unit[] = []
  let scheduled = false
  let tries = 0
  let paused = false

  function schedule(pause?: number) {
    scheduled = true
    if (pause === undefined) setImmediate(flush)
    else setTimeout(flush, pause)
  }

  /** Runs one unit inside the open transaction and returns how to answer it. */
  function run(unit: Unit): () => void {
    mark!.run()
    try {
      const value = unit.body()
      keep!.run()
      return () => unit.resolve(value as never)
    } catch (error) {
      // A full disk may roll the whole transaction back by itself; then nobody's unit happened.
      if (!sqlite.inTransaction) throw error
      undo!.run()
      keep!.run()
      return () => unit.reject(explain(error))
    }
  }

  function flush() {
    scheduled = false
    if (paused) return
    before()
    try {
      begin!.run()
    } catch (error) {
      const pause = BUSY_PAUSES[tries++]
      if (isBusy(error) && pause !== undefined) return schedule(pause)
      tries = 0
      const refused = waiting
      waiting = []
      for (const unit of refused) unit.reject(explain(error))
      return
    }
    tries = 0
    const answers: Array<() => void> = []
    let taken = 0
    try {
      const started = performance.now()
      while (taken < waiting.length && taken < units) {
        answers.push(run(waiting[taken++]!))
        if (performance.now() - started > GROUP_MS) break
      }
      commit!.run()
    } catch (error) {
      if (sqlite.inTransaction) rollback!.run()
      const fault = explain(error)
      answers.length = 0
      for (const unit of waiting.slice(0, taken)) answers.push(() => unit.reject(fault))
    }
    waiting = waiting.slice(taken)
    if (waiting.length > 0) schedule()
    for (const answer of answers) answer()
  }

  const enqueue = <T>(body: () => T) =>
    new Promise<T>((resolve, reject) => {
      if (waiting.length >= QUEUE) return reject(new Overloaded())
      waiting.push({ body, resolve, reject })
      if (!scheduled && !paused) schedule()
    })
  return Object.assign(enqueue, {
    /** What comes waits until `resume`: another connection is writing. */
    pause() {
      paused = true
    },
    resume() {
      paused = false
      if (waiting.length > 0 && !scheduled) schedule()
    },
  })
}

export const isBusy = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^SQLITE_(BUSY|LOCKED)/.test(error.code)
