import { ProviderUnavailable, StateMismatch } from '../../base/credential-errors.ts'
import { NotFound, ValidationFailed } from '../../base/errors.ts'
import type { Ids } from '../../base/ids.ts'
import type { Codes } from './codes.ts'
import { type Profile, type Provider, ProviderFault, type Refusal } from './provider.ts'

interface SignInDeps {
  ids: Ids
  codes: Codes
  providers: readonly Provider[]
  /** Our own URL, which providers send people back to. */
  publicUrl: string
  /** Where a sign-in may end. */
  redirects: (text: string) => URL | undefined
}
export interface Beginning {
  redirectTo: string
  /** S256, of the page that begins (RFC 7636). */
  codeChallenge: string
}

/** The way to a provider and back (OpenID Connect Core 1.0, section 3.1: code flow, with PKCE, state and nonce). */
export function createSignIn({ ids, codes, providers, publicUrl, redirects }: SignInDeps) {
  const redirectUri = (name: string) => `${publicUrl}/api/v2/auth/providers/${name}/callback`
  const find = (name: string) => providers.find((provider) => provider.name === name)
  const random = () => ids.bytes(32).toString('base64url')

  return {
    list: (): Array<Pick<Provider, 'name' | 'label'>> =>
      providers.map(({ name, label }) => ({ name, label })),

    /**
     * Sends somebody to a provider.
     * @returns the URL that the browser goes to, and the sealed flow that it brings back
     * @throws NotFound, ValidationFailed when it may not end there, ProviderUnavailable
     */
    async start(name: string, { redirectTo, codeChallenge }: Beginning) {
      const provider = find(name)
      if (!provider) throw new NotFound('Provider')
      const target = redirects(redirectTo)
      if (!target) throw notAllowed()
      const challenge = { state: ids.next(), nonce: random(), verifier: random() }
      const flow = { provider: name, redirectTo: target.href, codeChallenge, ...challenge }
      try {
        const url = await provider.authorize({ redirectUri: redirectUri(name), ...challenge })
        return { url, flow: codes.sealFlow(flow) }
      } catch (error) {
        throw error instanceof ProviderFault ? new ProviderUnavailable() : error
      }
    },

    /**
     * Receives somebody who comes back from a provider.
     * @param sealed the flow that their browser was given
     * @param query what the provider sent them back with
     * @returns where the browser goes on to: the page that began, with `code` or with `error`
     * @throws NotFound; StateMismatch when this browser did not begin this sign-in: then no page can be trusted to be told
     */
    async arrive(name: string, sealed: string | undefined, query: string): Promise<string> {
      const provider = find(name)
      if (!provider) throw new NotFound('Provider')
      const flow = codes.openFlow(sealed ?? '')
      const states = new URLSearchParams(query).getAll('state')
      if (flow?.provider !== name || states.length !== 1 || states[0] !== flow.state)
        throw new StateMismatch()
      const { redirectTo, codeChallenge } = flow
      const outcome = await identify(provider, query, { redirectUri: redirectUri(name), ...flow })
      const url = new URL(redirectTo)
      for (const parameter of ['code', 'error']) url.searchParams.delete(parameter)
      if (typeof outcome === 'string') url.searchParams.set('error', outcome)
      else
        url.searchParams.set(
          'code',
          codes.sealCode({ provider: name, profile: outcome, codeChallenge }),
        )
      return url.href
    },
  }
}
export type SignIn = ReturnType<typeof createSignIn>

async function identify(
  provider: Provider,
  ...response: Parameters<Provider['identify']>
): Promise<Profile | Refusal> {
  try {
    return await provider.identify(...response)
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error
    return error.refusal
  }
}

function notAllowed() {
  const detail = 'redirect_to must be a URL that this server is set up to send people to'
  return new ValidationFailed([
    { in: 'query', path: 'redirect_to', code: 'not_acceptable', detail },
  ])
}
