import { once } from 'node:events'
import { limitLine, type Row } from '../bench.ts'
import { PASSWORD, urlOf } from '../data.ts'
import { load, post } from '../load.ts'
import { logIn } from '../logging-in.ts'
import { probe } from '../probe.ts'
import { coreFor, production, startServer, type Server } from '../servers.ts'

const CLIENTS = 20

/**
 * The event loop while many log in. Over all cores, as the server of real life: the passwords are checked in threads, which on
 * one core would compete with the loop. Rate limits are off: they would keep the passwords from being looked at.
 */
export const logins: Row = {
  name: 'logins',
  async run({ data, cores, duration, say }) {
    const env = { ...production(urlOf(data.copy('logins')), data.secret), RATE_LIMITS: 'off' }
    const core = coreFor(cores, false)
    const server = await startServer({ entry: 'bench/watched.ts', env, core })
    const bodies = Array.from({ length: CLIENTS }, (_, i) => ({
      username: data.usernames[i % data.usernames.length],
      password: PASSWORD,
    }))
    const requests = (client: number) => [post('/api/v1/login', bodies[client] ?? {})]
    const seconds = Math.max(duration * 2, 6)
    const url = `${server.url}/api/v1/login`
    await logIn(url, bodies, 2)

    say(`logins: ${CLIENTS} clients that wait when they are told to`)
    const polite = await watch(server, () => logIn(url, bodies, seconds))
    say(`logins: ${CLIENTS} clients that never wait`)
    const storm = await watch(server, async () => {
      const options = { connections: CLIENTS, duration: seconds, refusals: true, requests }
      return (await load(server, options)).statuses
    })
    await server.stop()
    return [
      ...linesOf(`${CLIENTS} clients logging in`, polite),
      ...linesOf(`${CLIENTS} that ignore Retry-After`, storm),
    ]
  },
}

interface Delays {
  p50: number
  p99: number
  max: number
}
interface Watched {
  loop: Delays
  health: Delays & { count: number }
  statuses: Record<string, number>
}

async function watch(server: Server, work: () => Promise<Watched['statuses']>): Promise<Watched> {
  await delays(server)
  const probing = new AbortController()
  const health = probe(`${server.url}/healthz`, probing.signal)
  const statuses = await work()
  const loop = await delays(server)
  probing.abort()
  return { loop, statuses, health: await health }
}

function linesOf(who: string, { loop, health, statuses }: Watched) {
  const replies = Object.entries(statuses).map(([status, n]) => `${n} x ${status}`)
  return [
    limitLine({
      row: `event-loop delay p99, ${who}`,
      value: loop.p99,
      limit: 25,
      unit: 'ms',
      note: `p50 ${loop.p50.toFixed(1)}, max ${loop.max.toFixed(0)} ms; ${replies.join(', ')}`,
    }),
    limitLine({
      row: 'GET /healthz p99 meanwhile',
      value: health.p99,
      limit: 50,
      unit: 'ms',
      note: `p50 ${health.p50.toFixed(1)}, max ${health.max.toFixed(0)} ms of ${health.count} requests`,
    }),
  ]
}

async function delays({ child }: Server): Promise<Delays> {
  const answered = once(child, 'message')
  child.send('delays')
  const [message]: Delays[] = await answered
  if (!message) throw new Error('watched.ts said nothing')
  return message
}
