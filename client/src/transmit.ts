import { ProblemError, problemOf } from './problem.ts'

export interface Patience {
  /** What sends: the `fetch` of the platform unless given. */
  fetch?: ((request: Request, init: { signal: AbortSignal }) => Promise<Response>) | undefined
  /** How often a request is sent again at most that was answered with 429 or 503, or not at all; 3 unless given. */
  retries?: number | undefined
  /** Waits so many milliseconds, or rejects with the reason of the signal when that aborts. For tests. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined
}
export type Transmit = ReturnType<typeof createTransmit>

/** In seconds: whoever is to wait for longer is told instead, with `retryAfter`. */
const LONGEST = 60
/** What a success of the server consists of, unless it is empty; a page of HTML is of somebody in between. */
const OURS = /json|csv|zip|event-stream/
/** In Node a signal does not reach a fetch whose Request has been collected as garbage: it is kept as long as what is read. */
const kept = new WeakMap<ReadableStream, Request>()
const SAFE_TO_REPEAT = /^(GET|HEAD|PUT|DELETE)$/

/**
 * Sends requests. What a server is too busy for is sent again when it said so, or after a while that doubles; so is what got no reply.
 * Only what may be done twice is (RFC 9110, section 9.2.2), or has a key by which it is done once.
 */
export function createTransmit({
  fetch = (request, init) => globalThis.fetch(request, init),
  retries = 3,
  sleep = wait,
}: Patience) {
  /** @throws ProblemError, or what fetch throws */
  return async (request: Request, mayRepeat = isRepeatable(request)): Promise<Response> => {
    const { signal } = request
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(request.clone(), { signal })
        const { ok, status, headers, body } = response
        if (body) kept.set(body, request)
        if (status === 304 || (ok && OURS.test(headers.get('content-type') ?? 'json')))
          return response
        throw await problemOf(response)
      } catch (error) {
        const seconds = mayRepeat && !signal.aborted ? pause(error, tries) : Infinity
        if (tries >= retries || seconds === Infinity) throw error
        await sleep(seconds * 1000, signal)
      }
    }
  }
}

const isRepeatable = ({ method, headers }: Request) =>
  SAFE_TO_REPEAT.test(method) || (method === 'POST' && headers.has('idempotency-key'))

/** How long to wait, in seconds; Infinity: not at all. No two clients that were refused at once come back at once. */
function pause(error: unknown, tries: number): number {
  const backoff = Math.min(2 ** tries, LONGEST) / 2
  if (!(error instanceof ProblemError)) return backoff * (0.5 + Math.random())
  const { status, code, retryAfter = backoff } = error
  // The first try of ours may be running still, when its reply was lost.
  const passes = status === 429 || status === 503 || code === 'idempotency_key_in_use'
  return passes && retryAfter <= LONGEST
    ? Math.min(retryAfter + backoff * Math.random(), LONGEST)
    : Infinity
}

/** What becomes of some work, or a rejection with the reason of the signal when that aborts before: only the waiting ends. */
export function heed<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return heed(signal, over).finally(() => clearTimeout(timer))
}
