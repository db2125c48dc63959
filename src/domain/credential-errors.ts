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
const MailError = createError<'MAIL_UNAVAILABLE', 503, []>(
  'MAIL_UNAVAILABLE',
  'This server is not set up to send mail',
  503,
)
/** Nothing can be mailed: SMTP_URL is not set. `retryAfter` is in seconds. */
export class MailUnavailable extends MailError {
  readonly retryAfter = 3600
}
