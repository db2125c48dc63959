import { appendFileSync, globSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { MET, root } from '../contract/met.ts'

/** Of each file, in ms. */
const TIMEOUT = 300_000

/**
 * Runs a share of the test files, one after the other in one process: to load and to warm up the server takes half of the time of a file that
 * runs alone. The files know nothing of it, and each runs alone by its name (`npm test -- test/api/authz.test.ts`). Neighbours
 * in a folder go to different batches, which so take alike.
 */
export async function runBatch(self: string): Promise<void> {
  const batches = readdirSync(import.meta.dirname).filter((name) => /^\d+\.ts$/.test(name))
  const share = batches.toSorted().indexOf(basename(self))
  const files = globSync('test/**/*.test.ts', { cwd: root }).toSorted()
  // tap ends a file that is idle for a moment, as this one is while it loads the next.
  t.removeAllListeners('idle')
  for (const [index, file] of files.entries()) {
    if (index % batches.length !== share) continue
    t.comment(file)
    t.setTimeout(TIMEOUT)
    await import(pathToFileURL(root + file).href)
    appendFileSync(MET + encodeURIComponent(file), '')
  }
  t.end()
}
