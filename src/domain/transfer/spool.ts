import { readSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { StorageFull } from '../../base/errors.ts'

/** A row that has been checked: where it stood, and the columns of the record that it becomes. */
export interface CheckedRow<R> {
  line: number
  row: R
}

/**
 * Keeps rows on disk until all of them are known, so that memory holds no more than one batch. The file has lost its name before the first
 * byte is in it: whatever happens to the process, nothing of it stays.
 */
export async function openSpool<R>() {
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-import-'))
  const file = await open(join(folder, 'rows'), 'wx+', 0o600)
  await rm(folder, { recursive: true })
  const batches: Array<{ at: number; bytes: number }> = []
  let end = 0

  return {
    /** @throws StorageFull */
    async add(rows: ReadonlyArray<CheckedRow<R>>): Promise<void> {
      const batch = serialize(rows)
      try {
        await file.write(batch, 0, batch.length, end)
      } catch (error) {
        throw new StorageFull({ cause: error })
      }
      batches.push({ at: end, bytes: batch.length })
      end += batch.length
    },
    /** The batches in their order, any number of times. Synchronous, for the steps of a transaction. */
    *read(): Generator<Array<CheckedRow<R>>> {
      for (const { at, bytes } of batches) {
        const batch = Buffer.allocUnsafe(bytes)
        readSync(file.fd, batch, 0, bytes, at)
        yield deserialize(batch)
      }
    },
    close: () => file.close(),
  }
}
export type Spool<R> = Awaited<ReturnType<typeof openSpool<R>>>
