import { createError } from '@fastify/error'
import type { ViolationCode } from './violation-code.ts'

/** An error of the catalogue: it carries its status for every floor, so nobody above has to translate it. */
export type { FastifyError } from '@fastify/error'

/**
 * The catalogue of everything that can go wrong for a caller. Each error carries its own code and HTTP status; `api/v1` and
 * `api/v2` only render them. The code in lower case is the stable word of v2 (`not_found`). Who may not do something, and why, is
 * in access-errors.ts.
 */

/** One thing that is wrong with the input: where it is, which rule it broke, and a sentence for people. */
export interface Violation {
  in: 'body' | 'query' | 'path' | 'header'
  /** JSON pointer (RFC 6901) inside a body (`/title`), the parameter's name elsewhere. */
  path: string
  code: ViolationCode
  detail: string
}

const ValidationError = createError<'VALIDATION_FAILED', 422, [detail: string]>(
  'VALIDATION_FAILED',
  '%s',
  422,
)
/** The input is readable and not acceptable. The message joins what all the violations say. */
export class ValidationFailed extends ValidationError {
  readonly violations: Violation[]
  constructor(violations: Violation[]) {
    super(violations.map(({ detail }) => detail).join('; '))
    this.violations = violations
  }
}

export const MalformedRequest = createError<'MALFORMED_REQUEST', 400, [detail: string]>(
  'MALFORMED_REQUEST',
  '%s',
  400,
)

const MediaTypeError = createError<'UNSUPPORTED_MEDIA_TYPE', 415, [wanted: string]>(
  'UNSUPPORTED_MEDIA_TYPE',
  'Request must be %s',
  415,
)
/** The body came without a content type, or with one that this path does not read. `wanted` names what it reads. */
export class UnsupportedMediaType extends MediaTypeError {
  constructor(wanted = 'JSON') {
    super(wanted)
  }
}
export const PayloadTooLarge = createError<'PAYLOAD_TOO_LARGE', 413, []>(
  'PAYLOAD_TOO_LARGE',
  'The body is larger than this path accepts',
  413,
)
export const UriTooLong = createError<'URI_TOO_LONG', 414, []>(
  'URI_TOO_LONG',
  'A part of the path is longer than 100 characters',
  414,
)
export const RequestTimeout = createError<'REQUEST_TIMEOUT', 408, []>(
  'REQUEST_TIMEOUT',
  'The request did not arrive in time',
  408,
)
export const HeadersTooLarge = createError<'HEADERS_TOO_LARGE', 431, []>(
  'HEADERS_TOO_LARGE',
  'The request line and headers are larger than 16 KiB',
  431,
)

export const NotFound = createError<'NOT_FOUND', 404, [what: string]>(
  'NOT_FOUND',
  '%s not found',
  404,
)
export const RouteNotFound = createError<'ROUTE_NOT_FOUND', 404, []>(
  'ROUTE_NOT_FOUND',
  'There is nothing at this path',
  404,
)
const MethodError = createError<'METHOD_NOT_ALLOWED', 405, [allow: string]>(
  'METHOD_NOT_ALLOWED',
  'This path answers %s only',
  405,
)
/** A known path, another method. `allow` is the value of the Allow header (RFC 9110, section 10.2.1). */
export class MethodNotAllowed extends MethodError {
  readonly allow: string
  constructor(allow: string) {
    super(allow)
    this.allow = allow
  }
}

export const UsernameTaken = createError<'USERNAME_TAKEN', 409, []>(
  'USERNAME_TAKEN',
  'Username already exists',
  409,
)
export const EmailTaken = createError<'EMAIL_TAKEN', 409, []>(
  'EMAIL_TAKEN',
  'Email already exists',
  409,
)

/** Without this one nobody could administer the server any more. */
export const LastAdmin = createError<'LAST_ADMIN', 409, []>(
  'LAST_ADMIN',
  'This is the last active admin: make somebody else one first',
  409,
)

/** If-Match names no state that the record is in (RFC 9110, section 13.1.1). */
export const PreconditionFailed = createError<'PRECONDITION_FAILED', 412, []>(
  'PRECONDITION_FAILED',
  'The record has changed since you read it',
  412,
)
export const CursorMismatch = createError<'CURSOR_MISMATCH', 422, []>(
  'CURSOR_MISMATCH',
  'The cursor does not belong to a list with this sort and these filters',
  422,
)

export const IsbnTaken = createError<'ISBN_TAKEN', 409, []>(
  'ISBN_TAKEN',
  'You have a book with this ISBN already',
  409,
)

const AttemptsError = createError<'TOO_MANY_ATTEMPTS', 429, []>(
  'TOO_MANY_ATTEMPTS',
  'Too many failed attempts, try again later',
  429,
)
/** Guessing is slowed. `retryAfter` is in whole seconds, at least 1. */
export class TooManyAttempts extends AttemptsError {
  readonly retryAfter: number
  constructor(retryAfter: number) {
    super()
    this.retryAfter = retryAfter
  }
}

const RateError = createError<'RATE_LIMITED', 429, [what: string]>(
  'RATE_LIMITED',
  '%s, try again later',
  429,
)
/** A rate limit was reached: `what` names it. `retryAfter` is in whole seconds, at least 1. */
export class RateLimited extends RateError {
  readonly retryAfter: number
  constructor(retryAfter: number, what = 'Too many requests') {
    super(what)
    this.retryAfter = retryAfter
  }
}

const StreamsError = createError<'TOO_MANY_STREAMS', 429, []>(
  'TOO_MANY_STREAMS',
  'You have as many streams of events open as you may',
  429,
)
/** A user has enough streams of events. `retryAfter` is in whole seconds, at least 1. */
export class TooManyStreams extends StreamsError {
  readonly retryAfter: number
  constructor(retryAfter: number) {
    super()
    this.retryAfter = retryAfter
  }
}

/** Something broke that the caller cannot mend. The cause is logged, never shown. */
export const InternalError = createError<'INTERNAL_ERROR', 500, []>(
  'INTERNAL_ERROR',
  'Something went wrong on our end',
  500,
)

const OverloadError = createError<'OVERLOADED', 503, []>(
  'OVERLOADED',
  'The server is busy, try again later',
  503,
)
/** A bounded queue is full, the database is busy, or the event loop lags. `retryAfter` is in whole seconds, at least 1. */
export class Overloaded extends OverloadError {
  readonly retryAfter: number
  constructor(retryAfter = 1, options?: { cause: unknown }) {
    super()
    this.retryAfter = retryAfter
    if (options) this.cause = options.cause
  }
}

const ReadinessError = createError<'NOT_READY', 503, []>(
  'NOT_READY',
  'The database is not ready yet, try again later',
  503,
)
/** The database lacks migrations. `retryAfter` is in whole seconds, at least 1. */
export class NotReady extends ReadinessError {
  readonly retryAfter: number
  constructor(retryAfter: number) {
    super()
    this.retryAfter = retryAfter
  }
}

const StorageError = createError<'STORAGE_FULL', 507, []>(
  'STORAGE_FULL',
  'The server has no room to store this',
  507,
)
/** The disk is full or the file reached its size limit; nothing was written. */
export class StorageFull extends StorageError {
  constructor(options?: { cause: unknown }) {
    super()
    if (options) this.cause = options.cause
  }
}
