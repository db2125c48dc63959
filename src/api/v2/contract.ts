import type { Version } from '../plugins/openapi.ts'
import { apiKeyScheme, bearerScheme, header } from '../plugins/openapi-parts.ts'
import * as apiKeys from './schemas/api-keys.ts'
import { ArchiveLink } from './schemas/archives.ts'
import * as audit from './schemas/audit.ts'
import * as authz from './schemas/authz.ts'
import type { Named } from '../schemas/ref.ts'
import { ImportResult, RowFault } from './schemas/imports.ts'
import * as invitations from './schemas/invitations.ts'
import * as mailed from './schemas/mailed.ts'
import * as identities from './schemas/identities.ts'
import { Owner } from './schemas/owner.ts'
import { Page } from './schemas/pages.ts'
import * as providers from './schemas/providers.ts'
import { Problem, Violation, withCommonProblems } from './schemas/problems.ts'
import { namesOf, type ResourceSchemas } from './schemas/resource.ts'
import * as sessionList from './schemas/session-list.ts'
import * as sessions from './schemas/sessions.ts'
import { ListedUser, UserPage } from './schemas/user-list.ts'
import * as tokens from './schemas/tokens.ts'
import * as totp from './schemas/totp.ts'
import * as users from './schemas/users.ts'

interface Options {
  cookiePrefix: string
  resources: readonly ResourceSchemas[]
  /** The components of streams of events. */
  events: readonly Named[]
}

/** What the documents of v2 say beside its routes. */
export const contract = ({ cookiePrefix, resources, events }: Options): Version => ({
  number: 2,
  release: '2.0.0',
  description: `The modern contract of Commonplace.

Register with \`POST /auth/register\`, log in with \`POST /auth/login\`, and send the access token as \`Authorization: Bearer …\`. When it
has expired, \`POST /auth/refresh\` spends the refresh token for a new pair: keep both. A page on the same site as the API may have the
tokens in cookies instead (\`transport: "cookie"\`) and sends \`X-CSRF-Token\` with every unsafe method.

Every refusal is problem details (RFC 9457) with a stable \`code\`; [the catalogue](/problems) lists them with cause and remedy. Bodies
are JSON in UTF-8 and closed: an unknown member or query parameter is refused by name. Single resources carry an \`ETag\`: send it as
\`If-Match\` to change only what you have seen, as \`If-None-Match\` to be told when nothing changed. What creates records takes an
\`Idempotency-Key\`: sent again with the same key, it is done once.`,
  tags: [
    ...resources.map(({ resource }) => ({
      name: namesOf(resource).Many,
      description: resource.texts.tag,
    })),
    { name: 'API keys', description: 'What programs show instead of a password.' },
    { name: 'Audit', description: 'Who did what to what, when, from where.' },
    { name: 'Authentication', description: 'Register, log in, refresh, log out.' },
    { name: 'Events', description: 'What happens, as it happens.' },
    { name: 'Me', description: 'Your account.' },
    { name: 'Meta', description: 'What the API tells of itself.' },
    { name: 'Providers', description: 'Sign-ins through OpenID Connect, and who you are there.' },
    { name: 'Second factor', description: 'One-time passwords beside the password.' },
    { name: 'Sessions', description: 'Where you are logged in.' },
    { name: 'Users', description: 'Public profiles, and what admins do with accounts.' },
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  components: [
    Page,
    Owner,
    ...resources.flatMap(({ components }) => components),
    RowFault,
    ImportResult,
    users.User,
    ListedUser,
    UserPage,
    users.Undeliverable,
    users.Account,
    users.Registration,
    users.AccountPatch,
    users.UserCreate,
    users.UserPatch,
    sessions.Login,
    sessions.TokenPair,
    sessions.CookieSession,
    sessions.LoginReply,
    sessions.Refresh,
    sessions.Logout,
    sessions.Reauthentication,
    sessions.PasswordChange,
    tokens.TokenForm,
    tokens.Introspection,
    ArchiveLink,
    apiKeys.ApiKey,
    apiKeys.ApiKeyScope,
    apiKeys.IssuedApiKey,
    apiKeys.ApiKeyCreate,
    apiKeys.ApiKeyList,
    totp.TotpOffer,
    totp.TotpConfirmation,
    totp.RecoveryCodeSet,
    providers.ProviderList,
    providers.Provider,
    providers.ProviderLogin,
    identities.Identity,
    identities.IdentityList,
    identities.IdentityLink,
    invitations.Invitation,
    invitations.IssuedInvitation,
    invitations.InvitationCreate,
    invitations.InvitationList,
    mailed.EmailVerification,
    mailed.PasswordForgotten,
    mailed.PasswordReset,
    sessions.CsrfTokenReply,
    sessionList.Session,
    sessionList.SessionList,
    ...events,
    audit.AuditTarget,
    audit.AuditEvent,
    audit.ListedAuditEvent,
    audit.AuditEventPage,
    audit.ActivityPage,
    authz.RestrictedParameter,
    authz.Operation,
    authz.OperationList,
    Violation,
    Problem,
  ],
  securitySchemes: {
    ...bearerScheme('The access token of a session.'),
    ...apiKeyScheme,
    accessCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: `${cookiePrefix}commonplace_access`,
      description: 'The access token, for pages on the same site as the API.',
    },
    refreshCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: `${cookiePrefix}commonplace_refresh`,
      description: 'The refresh token, for pages on the same site as the API.',
    },
    csrfToken: {
      type: 'apiKey',
      in: 'header',
      name: 'X-CSRF-Token',
      description: 'Shows that a page meant to send the cookies, with every unsafe method.',
    },
  },
  headers: {
    ETag: header(true, 'The entity tag of the record (RFC 9110, section 8.8.3).', '"a3"', {
      pattern: '^"[^"]+"$',
    }),
    'Idempotency-Replayed': header(
      false,
      'There when this is the reply to an earlier request with the same `Idempotency-Key`.',
      'true',
      { enum: ['true'] },
    ),
    Link: header(
      true,
      'Other pages of the list (RFC 8288): `first`, and `prev` and `next` where there are such.',
      '</api/v2/users?sort=username%3Aasc>; rel="first"',
    ),
    'Content-Disposition': header(
      true,
      'A name for the file (RFC 6266).',
      'attachment; filename="todos.csv"',
    ),
    'X-Accel-Buffering': header(true, 'Tells a proxy to pass everything on at once.', 'no', {
      enum: ['no'],
    }),
    'Set-Cookie': header(
      false,
      'The tokens, where cookies carry them; after a login also what shows that it was from this device.',
      `${cookiePrefix}commonplace_access=…; HttpOnly`,
    ),
  },
  error: Problem,
  note: ({ method, config }) =>
    method === 'POST' && !config?.idempotent ? 'An `Idempotency-Key` is ignored.' : undefined,
  responses: withCommonProblems,
})
