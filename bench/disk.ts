import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './bench.ts'

const TIMES = 100

/**
 * What a commit costs where the data lies, for the rows that are about sharing it: the quicker the disk, the less there is to share.
 * @returns a sentence with the median in µs
 */
export function syncOf(folder: string): string {
  const file = join(folder, 'sync')
  const handle = openSync(file, 'w')
  const times = Array.from({ length: TIMES }, () => {
    writeSync(handle, Buffer.alloc(4096))
    const start = performance.now()
    fdatasyncSync(handle)
    return (performance.now() - start) * 1000
  })
  closeSync(handle)
  rmSync(file)
  return `the disk takes ${Math.round(median(times))} µs to sync`
}
