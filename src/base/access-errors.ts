import { createError } from '@fastify/error'

/** The part of the catalogue (errors.ts) that says why a caller may not: 401 for who they are, 403 for what they want. */

export const TokenMissing = createError<'TOKEN_MISSING', 401, []>(
  'TOKEN_MISSING',
  'Missing token',
  401,
)
export const TokenInvalid = createError<'TOKEN_INVALID', 401, []>(
  'TOKEN_INVALID',
  'Invalid token',
  401,
)
export const TokenTypeInvalid = createError<'TOKEN_TYPE_INVALID', 401, []>(
  'TOKEN_TYPE_INVALID',
  'Invalid token type',
  401,
)
export const TokenExpired = createError<'TOKEN_EXPIRED', 401, []>(
  'TOKEN_EXPIRED',
  'Token has expired',
  401,
)
export const RefreshTokenExpired = createError<'REFRESH_TOKEN_EXPIRED', 401, []>(
  'REFRESH_TOKEN_EXPIRED',
  'Refresh token has expired',
  401,
)
export const TokenRevoked = createError<'TOKEN_REVOKED', 401, []>(
  'TOKEN_REVOKED',
  'Token has been revoked',
  401,
)
/** A refresh token was used again after its rotation: somebody else may have it, so its session has ended. */
export const RefreshTokenReused = createError<'REFRESH_TOKEN_REUSED', 401, []>(
  'REFRESH_TOKEN_REUSED',
  'Refresh token has been used before',
  401,
)
export const InvalidCredentials = createError<'INVALID_CREDENTIALS', 401, []>(
  'INVALID_CREDENTIALS',
  'Invalid credentials',
  401,
)

/** The password was right, and the account has a second factor: nothing failed yet. */
export const OtpRequired = createError<'OTP_REQUIRED', 401, []>(
  'OTP_REQUIRED',
  'A one-time password is required',
  401,
)
export const OtpInvalid = createError<'OTP_INVALID', 401, []>(
  'OTP_INVALID',
  'The one-time password is wrong or was used',
  401,
)

/** The operator lets nobody make an account for themselves. */
export const RegistrationClosed = createError<'REGISTRATION_CLOSED', 403, []>(
  'REGISTRATION_CLOSED',
  'Nobody can register on this server: an admin makes the accounts',
  403,
)
/** The operator lets those register whom an admin has invited. */
export const InvitationRequired = createError<'INVITATION_REQUIRED', 403, []>(
  'INVITATION_REQUIRED',
  'Registering on this server needs an invitation',
  403,
)
/** Whoever a provider has named has no confirmed address of a domain that may register. */
export const DomainNotAllowed = createError<'EMAIL_DOMAIN_NOT_ALLOWED', 403, []>(
  'EMAIL_DOMAIN_NOT_ALLOWED',
  'Registering on this server needs a confirmed email address of a domain that it accepts',
  403,
)

/** Somebody else chose the password. v1 has no operation for it: the token is good for that of v2. */
export const PasswordChangeRequired = createError<'PASSWORD_CHANGE_REQUIRED', 403, []>(
  'PASSWORD_CHANGE_REQUIRED',
  'Choose a new password first: POST /api/v2/auth/password/change',
  403,
)
/** Some domains may register, and nobody has shown yet that the address is theirs. */
export const EmailUnconfirmed = createError<'EMAIL_UNCONFIRMED', 403, []>(
  'EMAIL_UNCONFIRMED',
  'Confirm your email address first: the link is in the mail that was sent to it',
  403,
)

/** Someone else's record. */
export const Forbidden = createError<'NOT_OWNER', 403, [detail: string]>('NOT_OWNER', '%s', 403)

/** The API key lacks the scope, or keys cannot do this at all. */
export const InsufficientScope = createError<'INSUFFICIENT_SCOPE', 403, [detail: string]>(
  'INSUFFICIENT_SCOPE',
  '%s',
  403,
)
/** The caller's role does not allow it, whoever owns what. */
export const InsufficientRole = createError<'INSUFFICIENT_ROLE', 403, []>(
  'INSUFFICIENT_ROLE',
  'Your role does not allow this',
  403,
)
export const FreshLoginRequired = createError<'FRESH_LOGIN_REQUIRED', 403, []>(
  'FRESH_LOGIN_REQUIRED',
  'Confirm who you are first: your last login is more than 15 minutes ago',
  403,
)
export const CsrfFailed = createError<'CSRF_FAILED', 403, [detail: string]>(
  'CSRF_FAILED',
  '%s',
  403,
)
/** The token is good; the password that was to confirm who sends it is not. */
export const PasswordIncorrect = createError<'PASSWORD_INCORRECT', 403, []>(
  'PASSWORD_INCORRECT',
  'The password is not that of the account',
  403,
)
/** The token is good; the one-time password that was to confirm who sends it is not. */
export const OtpIncorrect = createError<'OTP_INCORRECT', 403, []>(
  'OTP_INCORRECT',
  'The one-time password is wrong or was used',
  403,
)
