import type { components, ServerCode } from './schema.ts'

/** One thing that is wrong with the input. */
export type Violation = components['schemas']['Violation']
type Problem = components['schemas']['Problem']

/** Why a request was refused. `unknown`: what answered is no Commonplace, a proxy for instance. */
export type ProblemCode = ServerCode | 'unknown'

/**
 * A refusal, or a failure of the server, or what something else answered in its place: everything but a success that is answered at all.
 * Its `message` is for people. What is not answered (no network, an abort) is thrown as `fetch` throws it, JSON that is cut off as a
 * SyntaxError.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** The stable word of the cause; the server explains each at `/problems`. */
  readonly code: ProblemCode
  readonly status: number
  /** Every violation at once, when the input was not as it must be. */
  readonly errors: readonly Violation[]
  /** What to tell those who run the server. */
  readonly requestId: string | undefined
  /** Seconds to wait before the next try, when the server said so. */
  readonly retryAfter: number | undefined
  /** The reply; its body has been read. */
  readonly response: Response

  constructor(response: Response, problem: Partial<Problem>) {
    super(problem.detail ?? `${response.status} ${response.statusText}`)
    // The cast: the server of today may know more codes than the document that this was made of.
    this.code = (problem.code ?? 'unknown') as ProblemCode
    this.status = response.status
    this.errors = problem.errors ?? []
    this.requestId = problem.request_id ?? response.headers.get('x-request-id') ?? undefined
    this.retryAfter = secondsUntil(response.headers.get('retry-after'))
    this.response = response
  }
}

/** Reads what was refused. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text()
  const isProblem = response.headers.get('content-type')?.includes('problem+json')
  try {
    return new ProblemError(response, isProblem ? JSON.parse(text) : {})
  } catch {
    return new ProblemError(response, {})
  }
}

/** Retry-After holds seconds or a date (RFC 9110, section 10.2.3). */
function secondsUntil(value: string | null): number | undefined {
  if (!value) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
