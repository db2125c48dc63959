import autocannon, { type Request } from 'autocannon'
import type { Server } from './servers.ts'

export const CONNECTIONS = 64

export interface LoadOptions {
  connections?: number
  /** Seconds; or `amount`. */
  duration?: number
  /** Requests altogether. */
  amount?: number
  /** What each connection sends, over and over. */
  requests: (connection: number) => Request[]
  /** Whether replies that are neither 2xx nor 304 belong to it; otherwise they spoil the measurement. */
  refusals?: boolean
}

export interface Load {
  /** 2xx and 304 replies per second. */
  perSecond: number
  /** Requests per second of the server's CPU time: what the first would be with the server alone on its core. */
  perCpuSecond: number
  /** The share of one core that the server used. Well below 1 the load generator was the limit, not the server. */
  busy: number
  /** Milliseconds, of all replies. */
  p50: number
  p99: number
  max: number
  statuses: Record<string, number>
}

/** Loads a server with autocannon. @throws when replies fail that should not: such figures say nothing. */
export async function load(server: Server, options: LoadOptions): Promise<Load> {
  const { connections = CONNECTIONS, duration, amount, requests, refusals = false } = options
  let connection = 0
  const cpuBefore = server.cpuSeconds()
  const result = await autocannon({
    url: server.url,
    connections,
    ...(duration !== undefined && { duration }),
    ...(amount !== undefined && { amount }),
    sampleInt: 100,
    timeout: 30,
    setupClient: (client) => client.setRequests(requests(connection++)),
  })
  const cpu = server.cpuSeconds() - cpuBefore
  const statuses = Object.fromEntries(
    Object.entries(result.statusCodeStats).map(([status, stats]) => [status, stats?.count ?? 0]),
  )
  // That nothing changed is an answer too.
  const answered = result['2xx'] + (statuses['304'] ?? 0)
  const others = result.non2xx - (statuses['304'] ?? 0)
  if (result.errors > 0 || (others > 0 && !refusals))
    throw new Error(`${result.errors} errors, replies: ${JSON.stringify(statuses)}`)

  const { p50, p99, max } = result.latency
  return {
    perSecond: answered / result.duration,
    perCpuSecond: answered / cpu,
    busy: cpu / result.duration,
    p50,
    p99,
    max,
    statuses,
  }
}

export const get = (path: string, token?: string): Request => ({
  method: 'GET',
  path,
  ...(token !== undefined && { headers: bearer(token) }),
})

export const post = (path: string, body: object, token?: string): Request => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json', ...(token !== undefined && bearer(token)) },
  body: JSON.stringify(body),
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
