import { FastifyError as CataloguedError } from '@fastify/error'
import type { FastifyError } from 'fastify'
import { TokenInvalid } from '../../base/access-errors.ts'
import {
  InternalError,
  MalformedRequest,
  Overloaded,
  PayloadTooLarge,
  RequestTimeout,
  UnsupportedMediaType,
  UriTooLong,
} from '../../base/errors.ts'

/** What Fastify and Node call it, and what the catalogue calls it. */
const TRANSLATED: Partial<Record<string, () => FastifyError>> = {
  FST_ERR_BAD_URL: () => new MalformedRequest('The path is not a valid URL'),
  FST_ERR_MAX_PARAM_LENGTH: () => new UriTooLong(),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new PayloadTooLarge(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new UnsupportedMediaType(),
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: () => new UnsupportedMediaType(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new MalformedRequest('The body is not as long as Content-Length says'),
  ECONNRESET: () => new MalformedRequest('The body ended too early'),
}

/** What plugins refuse with a status alone. */
const BY_STATUS: Partial<Record<number, () => FastifyError>> = {
  400: () => new MalformedRequest('The request is malformed'),
  408: () => new RequestTimeout(),
  413: () => new PayloadTooLarge(),
  414: () => new UriTooLong(),
  415: () => new UnsupportedMediaType(),
}

/** No handle is left for a file, a connection or a thread, of the process or of the machine. */
const NO_HANDLES = new Set(['EMFILE', 'ENFILE', 'ERR_WORKER_INIT_FAILED'])

/** The error of the catalogue that a caller may see. Everything that nobody foresaw is an InternalError, with its cause. */
export function toFault(error: unknown): FastifyError {
  if (!(error instanceof Error)) return new InternalError()
  const code = 'code' in error ? String(error.code) : ''
  const translated = TRANSLATED[code]
  if (translated) return translated()
  // A safety net under the auth plugin: no hostile token may become a 500.
  if (code.startsWith('FST_JWT_') || code.startsWith('FAST_JWT_')) return new TokenInvalid()
  if (isCatalogued(error)) return error
  if (lacksHandles(error)) return new Overloaded(1, { cause: error })

  const status = 'statusCode' in error ? Number(error.statusCode) : 500
  return BY_STATUS[status]?.() ?? new InternalError()
}

function lacksHandles(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && NO_HANDLES.has(String(error.code))) || lacksHandles(error.cause)
}

function isCatalogued(error: Error): error is FastifyError {
  return (
    error instanceof CataloguedError &&
    !error.code.startsWith('FST_') &&
    error.statusCode !== undefined
  )
}
