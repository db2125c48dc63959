import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * One file for each test file that ran since the folder was emptied (`pretest`), which preload.mjs makes: the documented replies that it
 * met, one a line.
 */
export const MET = `${root}node_modules/.cache/met/`

const met = new Set<string>()

/** Takes down that an operation gave a reply that its document promises. */
export function meet(operation: string, status: number) {
  met.add(`${operation} ${status}\n`)
}

process.once('exit', () => {
  const [, file = ''] = process.argv
  if (met.size > 0)
    appendFileSync(MET + encodeURIComponent(relative(root, file)), [...met].join(''))
})
