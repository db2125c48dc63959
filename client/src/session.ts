import { createExclusive } from './exclusive.ts'
import { ProblemError } from './problem.ts'
import type { components } from './schema.ts'
import { heed, type Transmit, wait } from './transmit.ts'

export type LoginReply = components['schemas']['LoginReply']

/** How a session is shown to the server, and where its tokens are. */
export interface Credentials {
  /** A name that all have in common who share the tokens. */
  readonly shared?: string | undefined
  /** Milliseconds after which what another tab has stored is seen by all. */
  readonly lag?: number
  /** Tells one state of the tokens from the next; empty when there are none, as far as one can see. */
  mark(): Promise<string>
  /** Adds what lets a request in. @returns the mark of that */
  sign(request: Request): Promise<string>
  /** @throws ProblemError when the session is over */
  refresh(problem: ProblemError): Promise<void>
  keep(reply: LoginReply): Promise<void>
  forget(): Promise<void>
}

/** What a refresh can help against. A `token_revoked` is final, unless it was of tokens that have been replaced since. */
const RENEWABLE = /^(token_(expired|invalid|missing|revoked)|csrf_failed)$/
/** Once for tokens that another tab has renewed, which may have expired as well by now, and once for our own refresh. */
const TURNS = 2

/** Sends requests as of one session, which is renewed once for all that are refused meanwhile. */
export function createSession(
  transmit: Transmit,
  credentials: Credentials,
  onSignedOut?: (problem: ProblemError) => void,
) {
  const exclusive = createExclusive(credentials.shared)
  let isOver = false
  /** Which session this is: a new one with each login, and none after its end. */
  let generation = 0
  let flight: { sent: string; renewed: Promise<boolean> } | undefined

  async function forget() {
    generation += 1
    await credentials.forget()
  }

  async function renew(problem: ProblemError, sent: string): Promise<boolean> {
    let mark = await credentials.mark()
    if (mark === sent && credentials.lag) {
      await wait(credentials.lag)
      mark = await credentials.mark()
    }
    // Somebody has renewed them since, another tab perhaps: to spend the old token now would end the session.
    if (mark && mark !== sent) return true
    try {
      if (problem.code === 'token_revoked') throw problem
      await credentials.refresh(problem)
      isOver = false
      return true
    } catch (error) {
      // What else goes wrong (no network, a server that is too busy) passes: the session may be alive.
      if (!(error instanceof ProblemError) || !isRefusal(error)) throw error
      await forget()
      if (!isOver) onSignedOut?.(error)
      isOver = true
      return false
    }
  }

  /** All that were refused with the same token wait for the same refresh. */
  function renewOnce(problem: ProblemError, sent: string): Promise<boolean> {
    if (flight?.sent !== sent) {
      const mine = { sent, renewed: exclusive(() => renew(problem, sent)) }
      const land = () => {
        if (flight === mine) flight = undefined
      }
      mine.renewed.then(land, land)
      flight = mine
    }
    return flight.renewed
  }

  return {
    /** @throws ProblemError, or what fetch throws */
    async send(request: Request): Promise<Response> {
      const { headers, signal } = request
      // Who brings their own token or key has nothing to do with this session.
      if (headers.has('authorization') || headers.has('x-api-key')) return transmit(request)
      const before = generation
      let refusal: ProblemError | undefined
      for (let turns = 0; ; turns += 1) {
        const sent = await credentials.sign(request)
        // What one user meant is not done as another, who has logged in meanwhile.
        if (refusal && generation !== before) throw refusal
        try {
          const response = await transmit(request)
          if (sent) isOver = false
          return response
        } catch (error) {
          if (turns === TURNS || !(error instanceof ProblemError) || !RENEWABLE.test(error.code))
            throw error
          if (!(await heed(signal, renewOnce(error, sent)))) throw error
          refusal = error
        }
      }
    },
    keep: (reply: LoginReply) =>
      exclusive(async () => {
        generation += 1
        await credentials.keep(reply)
        isOver = false
      }),
    // In turn with a refresh that is under way, which would bring them back.
    forget: () => exclusive(forget),
  }
}

/** What a proxy answers by itself tells nothing of the session. */
const isRefusal = ({ status, code }: ProblemError) =>
  (status === 401 && code !== 'unknown') || code === 'csrf_failed'
