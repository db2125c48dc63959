import { createHash, timingSafeEqual } from 'node:crypto'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import { LinkInvalid } from '../../base/credential-errors.ts'
import type { Secrets } from '../secrets.ts'
import type { Profile } from './provider.ts'

/** Somebody on their way to a provider and back. Their browser keeps it, sealed, so any node can receive them. */
export interface Flow {
  provider: string
  state: string
  nonce: string
  verifier: string
  redirectTo: string
  /** Of the page that began it: it alone can spend the code that comes of it. */
  codeChallenge: string
}
/** Somebody whom a provider has named. */
export interface Arrival {
  provider: string
  profile: Profile
  codeChallenge: string
}

export interface CodeDeps {
  store: Store
  clock: Clock
  secrets: Secrets
}

/** Seconds in which somebody must be back from a provider. */
export const FLOW_LIFE = 600
/** Seconds in which a page must spend its code. */
const CODE_LIFE = 60

const PURPOSES = { flow: 'sign-in flow', code: 'sign-in code' }

const digest = (...parts: string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('base64url')

/** The S256 of a verifier (RFC 7636, section 4.2). */
export const challengeOf = (verifier: string): string => digest(verifier)

/**
 * What browsers carry of a sign-in, sealed: nobody can read, alter or make it, and the server need not remember it. That a code is
 * good once is seen to where it is spent.
 */
export function createCodes({ store, clock, secrets }: CodeDeps) {
  const { loginFailures: spent } = store.tables
  // Among the attempts, which the purge leaves for a day: an account takes its tokens with it, and its code must stay spent.
  const strike = store.define('sign_in_code_strike', (q) =>
    q
      .insert(spent)
      .values({ key: $('key'), failures: 0, notBefore: $('now'), lastFailureAt: $('now') })
      .onConflictDoNothing()
      .returning({ key: spent.key }),
  )
  function seal(purpose: keyof typeof PURPOSES, content: object, life: number) {
    const until = clock.now().getTime() + life * 1000
    return secrets.seal(PURPOSES[purpose], JSON.stringify({ ...content, until }))
  }
  function open(purpose: keyof typeof PURPOSES, sealed: string): unknown {
    try {
      const content = JSON.parse(secrets.open(PURPOSES[purpose], sealed).toString())
      return content.until > clock.now().getTime() ? content : undefined
    } catch {
      // Broken, or sealed by somebody else.
      return undefined
    }
  }

  return {
    sealFlow: (flow: Flow): string => seal('flow', flow, FLOW_LIFE),
    /** @returns undefined for one that is not ours, was altered, or has expired */
    // The cast: nobody but us can have sealed it.
    openFlow: (sealed: string) => open('flow', sealed) as Flow | undefined,
    sealCode: (arrival: Arrival): string => seal('code', arrival, CODE_LIFE),
    /**
     * Who arrived with a code, for whoever began that sign-in.
     * @throws LinkInvalid when the code is none, has expired, or the verifier is not that of its challenge
     */
    openCode(code: string, verifier: string): Arrival {
      // The cast: as above.
      const arrival = open('code', code) as Arrival | undefined
      const proof = Buffer.from(challengeOf(verifier))
      const challenge = Buffer.from(arrival?.codeChallenge ?? '')
      if (!arrival || proof.length !== challenge.length || !timingSafeEqual(proof, challenge))
        throw new LinkInvalid()
      return arrival
    },
    /** Spends a code: from now on it is known as spent. @throws LinkInvalid when it was spent before */
    *spend(tx: Tx, code: string): Steps<void> {
      const [first] = yield* tx.run(strike, { key: digest(PURPOSES.code, code), now: clock.now() })
      if (!first) throw new LinkInvalid()
    },
  }
}
export type Codes = ReturnType<typeof createCodes>
