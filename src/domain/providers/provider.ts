/** Why somebody comes back from a provider with nothing in their hands: the `error` that a page is told. */
export type Refusal = 'access_denied' | 'provider_unavailable' | 'sign_in_failed'

/** Thrown by a provider. Its message is for the log, and names no secret. */
export class ProviderFault extends Error {
  override name = 'ProviderFault'
  readonly refusal: Refusal
  constructor(refusal: Refusal, message: string) {
    super(message)
    this.refusal = refusal
  }
}

/** What is sent with somebody to a provider, and must come back with them. */
export interface Challenge {
  /** Our address that they come back to. */
  redirectUri: string
  state: string
  nonce: string
  /** Of PKCE (RFC 7636). */
  verifier: string
}

/** What a provider says of somebody, as far as it has been checked. */
export interface Profile {
  /** `sub`: who they are at this provider, for good. */
  subject: string
  email: string | undefined
  emailVerified: boolean
  /** What they call themselves, the best first. */
  names: string[]
}

/** A provider of OpenID Connect. */
export interface Provider {
  name: string
  /** What a button says. */
  label: string
  /** Where a browser is sent. @throws ProviderFault */
  authorize(challenge: Challenge): Promise<string>
  /**
   * Who came back with this query, after the code in it was spent and the ID token checked: signature, issuer, audience, times, nonce.
   * @throws ProviderFault
   */
  identify(query: string, challenge: Challenge): Promise<Profile>
}
