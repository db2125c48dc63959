import type { Database } from 'better-sqlite3'

/**
 * Reads that share one snapshot (docs/decisions/012). A read by itself takes and gives back the locks of the log, in system calls that cost
 * three times as much as to read a row.
 */
export function groupReads(sqlite: Database) {
  const [begin, commit] = ['BEGIN', 'COMMIT'].map((text) => sqlite.prepare(text))
  let isShared = false
  let isOpen = false

  function end() {
    if (!isOpen) return
    isOpen = false
    // Some faults end it by themselves.
    if (sqlite.inTransaction) commit!.run()
  }

  return {
    /** Until the end of this turn of the event loop reads belong together. */
    share() {
      if (isShared) return
      isShared = true
      setImmediate(() => {
        isShared = false
        end()
      })
    },
    /** Before each read: what this connection reads while it writes is part of that. */
    join() {
      if (!isShared || isOpen || sqlite.inTransaction) return
      begin!.run()
      isOpen = true
    },
    /** The next read sees all that is committed by now. */
    end,
  }
}
