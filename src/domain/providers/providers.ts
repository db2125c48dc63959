import { type CodeDeps, createCodes } from './codes.ts'
import { createIdentities, type IdentityDeps } from './identities.ts'
import { createNewcomers, type NewcomerDeps } from './newcomers.ts'
import type { Provider } from './provider.ts'
import { createProviderLogin, type ProviderLoginDeps } from './provider-login.ts'
import { createRedirects } from './redirects.ts'
import { createSignIn } from './sign-in.ts'

export interface ProviderRules {
  /** Our own URL: PUBLIC_URL. */
  issuer: string
  /** Origins of our pages beside that of our own URL. */
  corsOrigins: readonly string[]
  /** Where else a sign-in may end. */
  oidcRedirects: readonly string[]
}
type Deps = CodeDeps &
  Omit<IdentityDeps, 'codes' | 'providers'> &
  Omit<NewcomerDeps, 'emails'> &
  Omit<ProviderLoginDeps, 'codes' | 'identities' | 'newcomers' | 'providers'> & {
    providers: readonly Provider[]
    accounts: Pick<NewcomerDeps, 'emails'>
    rules: ProviderRules
  }

/** Everything about signing in through providers of OpenID Connect. */
export function createProviders({ providers, accounts: { emails }, rules, ...deps }: Deps) {
  const { issuer: publicUrl, corsOrigins, oidcRedirects } = rules
  const names = providers.map(({ name }) => name)
  const codes = createCodes(deps)
  const identities = createIdentities({ ...deps, codes, providers: names })
  const newcomers = createNewcomers({ ...deps, emails })
  const redirects = createRedirects([new URL(publicUrl).origin, ...corsOrigins], oidcRedirects)
  return {
    identities,
    signIn: createSignIn({ ...deps, codes, providers, publicUrl, redirects }),
    login: createProviderLogin({ ...deps, codes, identities, newcomers, providers: names }),
  }
}
