import { StorageFull } from '../base/errors.ts'

/** For notes on the side: a full disk costs the note, not the request. Any other error is thrown on. */
export function toleratesFull(error: unknown): void {
  if (!(error instanceof StorageFull)) throw error
}
