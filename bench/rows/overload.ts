import { limitLine, median, type Bench, type Line, type Row } from '../bench.ts'
import { whole } from '../compare.ts'
import { PASSWORD, ROWS, urlOf } from '../data.ts'
import { get, load, type Load, type LoadOptions } from '../load.ts'
import { logIn } from '../logging-in.ts'
import { coreFor, production, startServer, type Server } from '../servers.ts'

const TIMES = 10
const READERS = 64
const LOGGING_IN = 8

/**
 * Ten times as many clients as are enough to keep the server busy (security.md, 71). Rate limits are off: they would refuse
 * the clients, who share one address, before the server has too much to do.
 */
export const overload: Row = {
  name: 'overload',
  async run(bench) {
    const { data, cores } = bench
    const env = { ...production(urlOf(data.copy('overload')), data.secret), RATE_LIMITS: 'off' }
    const server = await startServer({ entry: 'src/server.ts', env, core: coreFor(cores, false) })
    const lines = [
      ...(await reads(bench, server)),
      await logins(bench, server),
      limitLine({
        row: 'resident memory, at most',
        value: server.memory('VmHWM'),
        limit: 512,
        unit: 'MiB',
        note: '',
      }),
    ]
    await server.stop()
    return lines
  },
}

async function reads({ duration, rounds, say }: Bench, server: Server) {
  const requests: LoadOptions['requests'] = (connection) => [
    get(`/api/v1/posts/${1 + (connection % ROWS)}`),
  ]
  // Making 640 clients takes time of its own, which in a short run would count.
  const run = (connections: number, seconds = Math.max(duration, 4)) =>
    load(server, { connections, requests, duration: seconds, refusals: true })
  await run(READERS, 2)
  const calm: Load[] = []
  const busy: Load[] = []
  for (let round = 1; round <= rounds; round += 1) {
    calm.push(await run(READERS))
    busy.push(await run(READERS * TIMES))
    say(`overload, reads: ${round}/${rounds}`)
  }
  const good = (loads: Load[]) => median(loads.map(({ perSecond }) => perSecond))
  return [
    goodput('reads', good(busy), good(calm), busy.at(-1)?.statuses),
    limitLine({
      row: 'p99 of what was answered, reads',
      value: median(busy.map(({ p99 }) => p99)),
      limit: 1000,
      unit: 'ms',
      note: `${READERS} and ${READERS * TIMES} connections`,
    }),
  ]
}

/** Refused clients come back when they were told to; ones that do not would need a rate limit. */
async function logins({ data, duration, rounds, say }: Bench, server: Server): Promise<Line> {
  const seconds = Math.max(duration, 3)
  const run = (clients: number) => {
    const bodies = Array.from({ length: clients }, (_, i) => ({
      username: data.usernames[i % data.usernames.length],
      password: PASSWORD,
    }))
    return logIn(`${server.url}/api/v1/login`, bodies, seconds)
  }
  const calm: number[] = []
  const busy: number[] = []
  let last: Record<string, number> = {}
  for (let round = 1; round <= rounds; round += 1) {
    calm.push(((await run(LOGGING_IN))['200'] ?? 0) / seconds)
    last = await run(LOGGING_IN * TIMES)
    busy.push((last['200'] ?? 0) / seconds)
    say(`overload, logins: ${round}/${rounds}`)
  }
  return goodput('logins', median(busy), median(calm), last)
}

function goodput(what: string, busy: number, calm: number, statuses = {}): Line {
  const ratio = busy / calm
  const replies = Object.entries(statuses).map(([status, n]) => `${String(n)} x ${status}`)
  return {
    row: `goodput at ${TIMES} x the clients, ${what}`,
    ours: `${whole(busy)} req/s`,
    reference: `${whole(calm)} req/s`,
    ratio,
    target: '>= 0.80',
    met: ratio >= 0.8,
    note: `at ${TIMES} x: ${replies.join(', ')}`,
  }
}
