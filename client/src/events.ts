import { ProblemError } from './problem.ts'
import type { components } from './schema.ts'
import { messages } from './sse.ts'
import { wait } from './transmit.ts'

/** Something that happened. `type` tells what: `post.updated`, or `reset` when the log does not reach back far enough. */
export type Event = components['schemas']['Event']

export interface EventOptions {
  /** The `id` of the last event that you have: the stream goes on behind it. Without, it begins now. */
  lastEventId?: number | string | undefined
  /** Ends the stream, which then throws the reason of the signal. */
  signal?: AbortSignal | undefined
  /** A connection without a sign of life for so many milliseconds is given up; 45,000 unless given. The server sends one every 15 s. */
  quiet?: number | undefined
}
type Connect = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>

/** Milliseconds, unless the server tells. */
const RETRY = 3000
/** So often the pause between two tries doubles. */
const DOUBLINGS = 4

export async function* watch(
  connect: Connect,
  { lastEventId, signal, quiet = 45_000 }: EventOptions,
  sleep = wait,
): AsyncGenerator<Event, never> {
  let id = lastEventId?.toString()
  let retry = RETRY
  let isFirst = true
  for (let failures = 0; ; failures += 1) {
    const connection = new AbortController()
    const signals = [connection.signal, ...(signal ? [signal] : [])]
    try {
      const response = await connect(id, AbortSignal.any(signals))
      isFirst = false
      const body = chunks(response, quiet, () => connection.abort())
      for await (const message of messages(body)) {
        failures = 0
        id = message.id ?? id
        retry = message.retry ?? retry
        if (message.data) yield JSON.parse(message.data)
      }
    } catch (error) {
      if (isFirst || signal?.aborted || !passes(error)) throw error
    } finally {
      // Also when nobody wants any more.
      connection.abort()
    }
    await sleep(retry * 2 ** Math.min(failures, DOUBLINGS) * (0.5 + Math.random() / 2), signal)
  }
}

/** The network fails and comes back, and so does a server. */
const passes = (error: unknown) =>
  !(error instanceof ProblemError) || error.status === 429 || error.status >= 500

async function* chunks({ body }: Response, quiet: number, giveUp: () => void) {
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const timer = setTimeout(giveUp, quiet)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    if (done) return
    yield decoder.decode(value, { stream: true })
  }
}
