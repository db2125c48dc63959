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
  /**
   * A stream without a sign of life for so many milliseconds is given up, and so is opening it again; 45,000 unless given. The server
   * sends one every 15 s.
   */
  quiet?: number | undefined
}
/** Waits for something, but not for ever. */
type Within = <T>(work: Promise<T>) => Promise<T>
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
    const within: Within = (work) => {
      const timer = setTimeout(() => connection.abort(), quiet)
      return work.finally(() => clearTimeout(timer))
    }
    try {
      const opening = connect(id, AbortSignal.any(signals))
      const response = await (isFirst ? opening : within(opening))
      if (!response.headers.get('content-type')?.includes('event-stream'))
        throw new ProblemError(response, {})
      isFirst = false
      for await (const message of messages(chunks(response, within))) {
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

/** The network fails and comes back, and so does a server; a proxy may have answered in its place. */
const passes = (error: unknown) =>
  !(error instanceof ProblemError) ||
  error.status < 400 ||
  error.status === 429 ||
  error.status >= 500

async function* chunks({ body }: Response, within: Within) {
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await within(reader.read())
    if (done) return
    yield decoder.decode(value, { stream: true })
  }
}
