import { createError } from '@fastify/error'

/** The part of the catalogue (errors.ts) about what people show who they are with. */

export const KeysExhausted = createError<'TOO_MANY_API_KEYS', 409, []>(
  'TOO_MANY_API_KEYS',
  'You have 50 API keys, which is the most',
  409,
)

export const FactorActive = createError<'TOTP_ACTIVE', 409, []>(
  'TOTP_ACTIVE',
  'There is a second factor already',
  409,
)
export const FactorAbsent = createError<'TOTP_ABSENT', 409, []>(
  'TOTP_ABSENT',
  'There is no second factor',
  409,
)

/** The token of a mail or of an export: good once, for a time, for one purpose. */
export const LinkInvalid = createError<'LINK_INVALID', 422, []>(
  'LINK_INVALID',
  'This link is not valid: it was used, it has expired, or a newer one was sent',
  422,
)
/** The token of an invitation: good once, for a time. */
export const InvitationInvalid = createError<'INVITATION_INVALID', 422, []>(
  'INVITATION_INVALID',
  'This invitation is not valid: it was used, it has expired, or it was revoked',
  422,
)
export const InvitationsExhausted = createError<'TOO_MANY_INVITATIONS', 409, []>(
  'TOO_MANY_INVITATIONS',
  'There are 500 open invitations, which is the most',
  409,
)
const MailError = createError<'MAIL_UNAVAILABLE', 503, []>(
  'MAIL_UNAVAILABLE',
  'This server is not set up to send mail',
  503,
)
/** Nothing can be mailed: SMTP_URL is not set. `retryAfter` is in seconds. */
export class MailUnavailable extends MailError {
  readonly retryAfter = 3600
}

/** Somebody came back from a provider whom this browser had not sent there. */
export const StateMismatch = createError<'STATE_MISMATCH', 422, []>(
  'STATE_MISMATCH',
  'This browser did not begin this sign-in, or it took too long: begin again',
  422,
)

const ProviderError = createError<'PROVIDER_UNAVAILABLE', 503, []>(
  'PROVIDER_UNAVAILABLE',
  'The provider does not answer, try again later',
  503,
)
/** The provider cannot be reached. `retryAfter` is in seconds. */
export class ProviderUnavailable extends ProviderError {
  readonly retryAfter = 10
}

/** The provider has said who it is, so this tells nobody else anything. */
export const AccountSuspended = createError<'ACCOUNT_SUSPENDED', 403, []>(
  'ACCOUNT_SUSPENDED',
  'This account is suspended',
  403,
)
export const IdentityTaken = createError<'IDENTITY_TAKEN', 409, []>(
  'IDENTITY_TAKEN',
  'This identity is linked to an account already',
  409,
)
export const LastWayIn = createError<'LAST_WAY_IN', 409, []>(
  'LAST_WAY_IN',
  'Nothing else would let you in: set a password, or link another identity first',
  409,
)
/** The account came from a provider, and nobody has set a password yet. */
export const PasswordAbsent = createError<'PASSWORD_ABSENT', 409, []>(
  'PASSWORD_ABSENT',
  'This account has no password yet',
  409,
)
