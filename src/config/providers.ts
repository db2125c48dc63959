import { type Static, Type, type TSchema } from '../base/schema.ts'
import { isLoopback } from './loopback.ts'

const that = <S extends TSchema>(schema: S, holds: (value: never) => boolean): S => ({
  ...schema,
  holds,
})

const LONGEST = 500
const SCOPES = 'a list of scopes, such as ["openid", "email", "profile"]'

const text = (description: string) => Type.String({ minLength: 1, maxLength: LONGEST, description })

/** One provider of OpenID Connect, as OIDC_PROVIDERS names it. Its descriptions complete "<member> must be …". */
export const ProviderConfig = Type.Object(
  {
    /** Part of the path that its users come back to. */
    name: Type.String({
      pattern: '^[a-z0-9-]{1,32}$',
      description: '1 to 32 of the letters a to z, digits and "-"',
    }),
    /** Exactly as its discovery document says it. */
    issuer: that(
      Type.String({
        maxLength: LONGEST,
        description:
          'an https URL (or http on a loopback host) without credentials, query or fragment',
      }),
      isIssuer,
    ),
    clientId: text('the id that the provider gave this server'),
    clientSecret: text('the secret that the provider gave this server'),
    scopes: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^[!#-\\[\\]-~]+$', maxLength: 100, description: SCOPES }),
        { maxItems: 20, description: SCOPES },
      ),
    ),
    /** What a button says. */
    label: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'a text of 1 to 64 characters' }),
    ),
  },
  { additionalProperties: false, description: 'an object' },
)
export type ProviderConfig = Static<typeof ProviderConfig>

export const ProviderList = that(
  Type.Array(ProviderConfig, {
    maxItems: 50,
    description:
      'a JSON list of {"name", "issuer", "client_id", "client_secret", "scopes"?, "label"?}, each name once',
  }),
  haveOwnNames,
)

/** Where a sign-in may end beside our own pages and those of CORS_ORIGINS. */
export const RedirectList = Type.Array(that(Type.String({ maxLength: LONGEST }), isRedirect), {
  maxItems: 100,
  description:
    'a comma-separated list of URLs without credentials, query or fragment, such as https://example.com/signed-in, https://example.com/app/* or com.example.app:/signed-in',
})

function isIssuer(url: string) {
  if (!/^https?:\/\/\S+$/.test(url) || !URL.canParse(url)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(url)
  return (
    (protocol === 'https:' || isLoopback(hostname)) && username + password + search + hash === ''
  )
}

function haveOwnNames(providers: unknown) {
  if (!Array.isArray(providers)) return true
  const names = providers.map((one: unknown) => Object(one).name)
  return new Set(names).size === names.length
}

/** A star means everything below. The scheme of an app is the name of a domain turned round (RFC 8252, section 7.1). */
function isRedirect(rule: string) {
  const url = rule.endsWith('/*') ? rule.slice(0, -1) : rule
  if (!/^[!-~]+$/.test(url) || /[\\*?#,]/.test(url) || !URL.canParse(url)) return false
  const { protocol, hostname, username, password, href } = new URL(url)
  if (username + password !== '' || href !== url) return false
  if (/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol)) return true
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
