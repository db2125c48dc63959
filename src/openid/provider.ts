import type * as OpenId from 'openid-client'
import type { ProviderConfig } from '../config/providers.ts'
import type { Clock } from '../base/clock.ts'
import { normalise } from '../domain/accounts/fields.ts'
import { codePoints, isStorable } from '../base/text.ts'
import { type Profile, type Provider, ProviderFault } from '../domain/providers/provider.ts'

/** Seconds that a provider has to answer. */
const PATIENCE = 5
/** Milliseconds after which what a provider says of itself is asked for again. */
const KNOWN = 3_600_000
const SCOPES = ['email', 'profile']

interface ProviderDeps {
  clock: Clock
  /** Told why a sign-in failed. */
  onFailure: (fault: ProviderFault, provider: string) => void
}

/** A provider that is found by discovery (OpenID Connect Discovery 1.0) when somebody first signs in with it. */
export function openIdProvider(
  config: ProviderConfig,
  { clock, onFailure }: ProviderDeps,
): Provider {
  const { name, label = name, scopes = SCOPES } = config
  const scope = [...new Set(['openid', ...scopes])].join(' ')
  let known: { at: number; configuration: Promise<OpenId.Configuration> } | undefined

  /** Asked once, however many wait for it; a failure is forgotten. */
  function discover(openId: typeof OpenId): Promise<OpenId.Configuration> {
    const now = clock.now().getTime()
    if (known && now - known.at < KNOWN) return known.configuration
    const configuration = discovery(openId, config)
    const mine = { at: now, configuration }
    known = mine
    configuration.catch(() => {
      if (known === mine) known = undefined
    })
    return configuration
  }

  /** Loaded with the first sign-in: many servers never see one. */
  async function speak<T>(
    words: (openId: typeof OpenId, configuration: OpenId.Configuration) => Promise<T>,
  ): Promise<T> {
    const openId = await import('openid-client')
    try {
      return await words(openId, await discover(openId))
    } catch (error) {
      const fault = error instanceof ProviderFault ? error : faultOf(openId, error)
      onFailure(fault, name)
      throw fault
    }
  }

  return {
    name,
    label,
    authorize: ({ redirectUri, state, nonce, verifier }) =>
      speak(async (openId, configuration) => {
        const url = openId.buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri,
          scope,
          state,
          nonce,
          code_challenge: await openId.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        })
        return url.href
      }),

    identify: (query, { redirectUri, state, nonce, verifier }) =>
      speak(async (openId, configuration) => {
        const tokens = await openId.authorizationCodeGrant(
          configuration,
          new URL(`${redirectUri}?${query}`),
          {
            expectedState: state,
            expectedNonce: nonce,
            pkceCodeVerifier: verifier,
            idTokenExpected: true,
          },
        )
        const claims = tokens.claims()
        if (!claims) throw new ProviderFault('sign_in_failed', 'there is no ID token')
        const { userinfo_endpoint: endpoint } = configuration.serverMetadata()
        // Many say in the ID token who it is, and the rest when they are asked for it.
        const more =
          claims['email'] === undefined && endpoint !== undefined
            ? await openId.fetchUserInfo(configuration, tokens.access_token, claims.sub)
            : undefined
        // An address is verified by who tells it: the ID token cannot vouch for one that it does not name.
        return toProfile({ ...claims, ...(more && { email_verified: undefined, ...more }) })
      }),
  }
}

function discovery(
  openId: typeof OpenId,
  { issuer, clientId, clientSecret }: ProviderConfig,
): Promise<OpenId.Configuration> {
  const basic = openId.ClientSecretBasic(clientSecret)
  const post = openId.ClientSecretPost(clientSecret)
  // Basic is what every provider must take, unless it says that it does not (OpenID Connect Discovery 1.0, section 3).
  const authentication: OpenId.ClientAuth = (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...request)
  }
  return openId.discovery(new URL(issuer), clientId, undefined, authentication, {
    timeout: PATIENCE,
    execute: [
      // Else a signature is taken on trust, because TLS has brought the token.
      openId.enableNonRepudiationChecks,
      // The configuration has made sure that it is on the machine itself.
      ...(issuer.startsWith('http:') ? [openId.allowInsecureRequests] : []),
    ],
  })
}

const OUTAGES = new Set(['server_error', 'temporarily_unavailable'])
const SILENCES = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM'])

function faultOf(openId: typeof OpenId, error: unknown): ProviderFault {
  if (error instanceof openId.AuthorizationResponseError && error.error === 'access_denied')
    return new ProviderFault('access_denied', reasonOf(error))
  const isSilent =
    // `fetch` throws one when nobody answers.
    error instanceof TypeError ||
    (error instanceof openId.ClientError && SILENCES.has(error.code ?? '')) ||
    (error instanceof openId.ResponseBodyError && error.status >= 500) ||
    (error instanceof openId.AuthorizationResponseError && OUTAGES.has(error.error))
  return new ProviderFault(isSilent ? 'provider_unavailable' : 'sign_in_failed', reasonOf(error))
}

/**
 * What is wrong, in the words of the errors alone: what hangs from them are requests and replies, with codes and tokens in them, and a
 * text that cannot be parsed is quoted by the error that says so.
 */
function reasonOf(error: unknown): string {
  const reasons: string[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const word = 'error' in cause && /^[a-z_]{1,64}$/.test(String(cause.error)) ? cause.error : ''
    reasons.push(`${cause instanceof SyntaxError ? cause.name : cause.message} ${String(word)}`)
  }
  return reasons.map((reason) => reason.trim()).join(': ')
}

/** @throws ProviderFault when the provider names somebody in a way that it must not */
function toProfile(claims: Record<string, unknown>): Profile {
  const subject = textOf(claims['sub'])
  if (subject === undefined || subject.length > 255)
    throw new ProviderFault('sign_in_failed', 'the subject is not acceptable')
  const told = textOf(claims['email'])
  const email = told === undefined ? undefined : normalise('email', told)
  const names = ['preferred_username', 'name'].flatMap((claim) => textOf(claims[claim]) ?? [])
  return {
    subject,
    email,
    // The mailbox that they name is verified, not one that normalising makes of it: a KELVIN SIGN becomes a K.
    emailVerified: claims['email_verified'] === true && email === told,
    // They travel in a URL.
    names: names.filter((text) => codePoints(text) <= 100),
  }
}

/** Without control characters, of which JSON makes six: it travels in a code of 4096 at most. */
const textOf = (claim: unknown) =>
  typeof claim === 'string' && isStorable(claim) && /^\P{Cc}+$/u.test(claim) ? claim : undefined
