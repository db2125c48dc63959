import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface Cores {
  /** For the server under load; undefined where nothing can be pinned. */
  server: string | undefined
  /** What a server of real life has: all of them. */
  all: string | undefined
}

/**
 * Moves this process, which makes the load, to the last core and leaves the first to the servers. Without `taskset`, or with
 * one core, everything runs where the system puts it.
 */
export function pinLoad(): Cores {
  const cores = affinity()
  const server = cores.at(0)
  const load = cores.at(-1)
  if (server === undefined || load === undefined || server === load)
    return { server: undefined, all: undefined }
  execFileSync('taskset', ['-acp', load, String(process.pid)], { stdio: 'ignore' })
  return { server, all: cores.join(',') }
}

function affinity(): string[] {
  if (availableParallelism() < 2) return []
  try {
    const text = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
    return (text.split(':').at(-1) ?? '').trim().split(',').flatMap(range)
  } catch {
    return []
  }
}

/** `0-3` is 0, 1, 2, 3. */
function range(text: string): string[] {
  const [first = 0, last = first] = text.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i))
}
