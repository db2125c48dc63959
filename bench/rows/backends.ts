import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { limitLine, median, type Row } from '../bench.ts'

const script = new URL('../opened-backends.ts', import.meta.url).pathname

interface Cost {
  count: number
  /** Milliseconds of CPU. */
  cpu: number
  mb: number
}

/** What each of many backends in one process costs, over databases in memory. */
export const backends: Row = {
  name: 'backends',
  async run({ rounds, say }) {
    const costs: Cost[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script])
      costs.push(JSON.parse(stdout))
      say(`backends: ${round}/${rounds}`)
    }
    const note = `each of ${costs[0]?.count}`
    return [
      limitLine({
        row: 'a backend in memory, CPU',
        value: median(costs.map(({ cpu }) => cpu)),
        limit: 10,
        unit: 'ms',
        note,
      }),
      limitLine({
        row: 'a backend in memory, resident',
        value: median(costs.map(({ mb }) => mb)),
        limit: 2,
        unit: 'MB',
        note,
      }),
    ]
  },
}
