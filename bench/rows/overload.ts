import { limitLine, median, type Bench, type Line, type Row } from '../bench.ts'
import { whole } from '../compare.ts'
import { PASSWORD, ROWS, urlOf } from '../data.ts'
import { get, load, post, type Load, type LoadOptions } from '../load.ts'
import { coreFor, production, startServer, type Server } from '../servers.ts'

const TIMES = 10

/** Ten times the connections that are enough to keep the server busy (security.md, 71). */
export const overload: Row = {
  name: 'overload',
  async run(bench) {
    const { data, cores } = bench
    const env = production(urlOf(data.copy('overload')), data.secret)
    const core = coreFor(cores, false)
    const server = await startServer({ entry: 'src/server.ts', env, core })
    const reads: LoadOptions = {
      connections: 64,
      requests: (connection) => [get(`/api/v1/posts/${1 + (connection % ROWS)}`)],
    }
    const { usernames } = data
    const logins: LoadOptions = {
      connections: 8,
      requests: (client) => [
        post('/api/v1/login', {
          username: usernames[client % usernames.length],
          password: PASSWORD,
        }),
      ],
    }
    await load(server, { ...reads, duration: 2 })
    const lines = [
      ...(await overloaded(bench, server, 'reads', reads)),
      ...(await overloaded(bench, server, 'logins', logins)),
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

async function overloaded(bench: Bench, server: Server, what: string, once: LoadOptions) {
  const { duration, rounds, say } = bench
  const connections = (once.connections ?? 1) * TIMES
  const calm: Load[] = []
  const busy: Load[] = []
  for (let round = 1; round <= rounds; round += 1) {
    calm.push(await load(server, { ...once, duration, refusals: true }))
    busy.push(await load(server, { ...once, connections, duration, refusals: true }))
    say(`overload, ${what}: ${round}/${rounds}`)
  }
  const ratio = good(busy) / good(calm)
  const replies = Object.entries(busy.at(-1)?.statuses ?? {}).map(
    ([status, n]) => `${n} x ${status}`,
  )
  const goodput: Line = {
    row: `goodput at ${TIMES} x the connections, ${what}`,
    ours: `${whole(good(busy))} req/s`,
    reference: `${whole(good(calm))} req/s`,
    ratio,
    target: '>= 0.80',
    met: ratio >= 0.8,
    note: `${once.connections} and ${connections} connections; ${replies.join(', ')}`,
  }
  return [
    goodput,
    limitLine({
      row: `p99 of what was answered, ${what}`,
      value: median(busy.map(({ p99 }) => p99)),
      limit: 1000,
      unit: 'ms',
      note: '',
    }),
  ]
}

const good = (loads: Load[]) => median(loads.map(({ perSecond }) => perSecond))
