/** The part of autocannon that the benchmark uses: the package comes without types. */
declare module 'autocannon' {
  export interface Request {
    method?: string
    path?: string
    headers?: Record<string, string>
    body?: string
    /** Changes the request before it is sent. It may be asked more often than that. */
    setupRequest?: (request: Request) => Request
    onResponse?: (status: number, body: string) => void
  }
  interface Options {
    url: string
    connections: number
    /** Seconds. */
    duration?: number
    /** Requests altogether, instead of a duration. */
    amount?: number
    /** Milliseconds. */
    sampleInt?: number
    /** Seconds that one request may take. */
    timeout?: number
    setupClient?: (client: { setRequests(requests: Request[]): void }) => void
  }
  interface Result {
    /** Seconds. */
    duration: number
    errors: number
    non2xx: number
    '2xx': number
    /** Milliseconds. */
    latency: { p50: number; p99: number; max: number }
    statusCodeStats: Record<string, { count: number } | undefined>
  }
  function autocannon(options: Options): PromiseLike<Result>
  export default autocannon
}
