import { type Store, violatedUnique } from '../../db/store.ts'
import { refuseTaken } from '../accounts/account.ts'
import type { Spend } from '../accounts/recovery-codes.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import { OtpInvalid, OtpRequired } from '../../base/access-errors.ts'
import type { Origin } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import { AccountSuspended, LinkInvalid } from '../../base/credential-errors.ts'
import { NotFound, Overloaded, ValidationFailed } from '../../base/errors.ts'
import type { Alerts } from '../mail/alerts.ts'
import { CODE_WRONG } from '../mail/task.ts'
import type { Attempts } from '../sessions/attempts.ts'
import type { Entry } from '../sessions/entry.ts'
import type { Issue, PairClaims, TokenPair } from '../sessions/issue.ts'
import type { Keys } from '../sessions/keys.ts'
import type { Arrival, Codes } from './codes.ts'
import type { Identities } from './identities.ts'
import type { Newcomer, Newcomers } from './newcomers.ts'

/** So often somebody else may be faster: at the same name, the same address, the same identity. */
const LOOKS = 5

export interface ProviderCredentials {
  provider: string
  code: string
  /** Of the challenge that the sign-in began with (RFC 7636). */
  verifier: string
  /** Of the second factor, where the account has one. */
  otp?: string | undefined
  /** The token of an invitation, for somebody who is new. */
  invitation?: string | undefined
}
export interface ProviderLoginDeps {
  store: Store
  audit: Audit
  attempts: Attempts
  alerts: Alerts
  keys: Keys
  issue: Issue
  enter: Entry
  secondFactor: SecondFactor
  codes: Codes
  identities: Identities
  newcomers: Newcomers
  /** The names of the providers that can be signed in with now. */
  providers: readonly string[]
}
interface Try {
  arrival: Arrival
  code: string
  otp: string | undefined
  invitation: string | undefined
  origin: Origin
  kid: string
  look: number
}

/** Whose account it is: that of somebody, or a new one. */
interface Whom {
  ownerId?: number
  newcomer?: Newcomer
  spend?: Spend | undefined
}

/** Logging in as whom a provider has named. A second factor of the account is asked for as behind a password. */
export function createProviderLogin({
  store,
  audit,
  attempts,
  alerts,
  keys,
  issue,
  enter,
  secondFactor,
  codes,
  identities,
  newcomers,
  providers,
}: ProviderLoginDeps) {
  async function failed(id: number, origin: Origin) {
    const target = { type: 'user', id }
    await audit.record({ action: 'login.provider', outcome: 'failure', target, origin })
  }

  /** @returns undefined when the account is another one by now */
  function open(
    { arrival, code, otp, origin, kid, look }: Try,
    { ownerId, newcomer, spend }: Whom,
  ) {
    return store.transaction(function* (tx) {
      // Held first: what is found then stays true.
      if (ownerId !== undefined) yield* tx.run(identities.hold, { userId: ownerId })
      const owner = yield* identities.ownerOf(tx, arrival)
      if (owner?.id !== ownerId || owner?.status === 'suspended') return undefined
      // Of many at once the others wait here, and go.
      yield* codes.spend(tx, code)
      const name = newcomers.nameFor(arrival.profile, look)
      // Without an owner there is a newcomer.
      const user = owner ?? (yield* newcomers.create(tx, name, arrival.profile, newcomer!, origin))
      if (owner?.isLinked) yield* identities.use(tx, arrival)
      else yield* identities.attach(tx, user.id, arrival, { origin, founding: !owner })
      if (owner && !owner.isLinked) yield* identities.alert(tx, user.id)
      if (spend && !(yield* spend(tx)))
        throw otp === undefined ? new OtpRequired() : new OtpInvalid()
      return yield* enter(tx, user, origin, { action: 'login.provider', rotating: true, kid })
    })
  }

  /** @returns undefined when somebody else was faster */
  async function attempt(attempted: Try): Promise<PairClaims | undefined> {
    const { arrival, otp, origin } = attempted
    const owner = await store.transaction((tx) => identities.ownerOf(tx, arrival))
    if (owner?.status === 'suspended') {
      await failed(owner.id, origin)
      throw new AccountSuspended()
    }
    if (!owner) {
      const newcomer = await newcomers.admit(arrival.profile, attempted.invitation)
      return open(attempted, { newcomer })
    }
    const { id: ownerId } = owner
    // Where no code is asked for, nothing is guessed.
    if (otp === undefined || !(await secondFactor.isActive(ownerId)))
      return open(attempted, { ownerId, spend: await secondFactor.ask(ownerId, undefined) })
    const guessed = await attempts.guess({ by: 'username', id: owner.id }, origin, async () => {
      const spend = await secondFactor.look(owner.id, otp)
      return spend && { claims: await open(attempted, { ownerId, spend }) }
    })
    if (guessed) return guessed.claims
    await failed(owner.id, origin)
    await store.transaction((tx) => alerts.noticed(tx, owner.id, CODE_WRONG))
    throw new OtpInvalid()
  }

  /**
   * Spends the code of a sign-in and opens a session: in the account that is linked to whoever arrived, in the one that their verified
   * address belongs to (which links it), or in a new one.
   * @throws NotFound, LinkInvalid, AccountSuspended, what refuses a newcomer, OtpRequired and OtpInvalid (the code stays good), TooManyAttempts, Overloaded
   */
  return async function loginByProvider(
    { provider, code, verifier, otp, invitation }: ProviderCredentials,
    origin: Origin,
  ): Promise<TokenPair> {
    if (!providers.includes(provider)) throw new NotFound('Provider')
    const arrival = codes.openCode(code, verifier)
    if (arrival.provider !== provider) throw new LinkInvalid()
    const kid = await keys.signingKid()
    for (let look = 1; ; look++) {
      try {
        const claims = await attempt({ arrival, code, otp, invitation, origin, kid, look })
        if (claims) return await issue.signPair(claims)
      } catch (error) {
        // Nor is a name to be had that looks like another's.
        if (violatedUnique(error) === undefined && !(error instanceof ValidationFailed)) throw error
        // Somebody else has confirmed the address of the invitation: that will not change.
        if (invitation !== undefined && look === LOOKS) refuseTaken(error)
      }
      if (look === LOOKS) throw new Overloaded()
    }
  }
}
