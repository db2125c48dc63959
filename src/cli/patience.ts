import { isBusy } from '../db/sqlite/group-commit.ts'
import { Overloaded } from '../base/errors.ts'

/** The store itself waits about half a second each time, and five to be opened. */
const TRIES = 6

/**
 * Tries a write again while a busy server keeps the one write lock of SQLite: a person at the keyboard can wait longer than a request.
 * Only what certainly was not written is tried again; a lost connection may have lost no more than the answer.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isLocked(error) || tries === TRIES) throw error
    }
  }
}

/** Whether another process had the write lock, so that nothing was written. */
const isLocked = (error: unknown) =>
  isBusy(error) || (error instanceof Overloaded && isBusy(error.cause))
