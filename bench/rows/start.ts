import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { limitLine, median, type Row } from '../bench.ts'
import { urlOf } from '../data.ts'
import { coreFor, production, startServer } from '../servers.ts'

const LIMIT = 700

/** From spawning the process to the first connection it accepts, over a database that is there. */
export const start: Row = {
  name: 'start',
  async run({ data, cores, rounds, say }) {
    const env = production(urlOf(data.copy('start')), data.secret)
    const once = async (cache: string) => {
      const started = performance.now()
      const server = await startServer({
        entry: 'src/server.ts',
        env: { ...env, NODE_COMPILE_CACHE: cache },
        core: coreFor(cores, false),
      })
      const took = { wall: performance.now() - started, cpu: server.cpuSeconds() * 1000 }
      await server.stop()
      return took
    }
    const folder = () => mkdtempSync(join(data.folder, 'cache-'))
    const shared = folder()
    const warm: Start[] = []
    const cold: Start[] = []
    await once(shared)
    for (let round = 1; round <= rounds; round += 1) {
      warm.push(await once(shared))
      cold.push(await once(folder()))
      say(`start: ${round}/${rounds}`)
    }
    return [
      line('start to listening, compile cache warm', warm),
      { ...line('the same at the very first start', cold), met: undefined, target: '' },
    ]
  },
}

/** In milliseconds. The CPU time is what a machine with nothing else to do would need at the most. */
interface Start {
  wall: number
  cpu: number
}

function line(row: string, starts: Start[]) {
  const times = starts.map(({ wall }) => wall)
  const cpu = median(starts.map(({ cpu: one }) => one))
  return limitLine({
    row,
    value: median(times),
    limit: LIMIT,
    unit: 'ms',
    note: `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms, of which ${cpu.toFixed(0)} ms of CPU`,
  })
}
