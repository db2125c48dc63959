import type { FastifyError } from 'fastify'
import { ValidationFailed, type Violation } from '../base/errors.ts'
import { BulkRolledBack, ImportRejected } from '../base/write-errors.ts'
import { reason } from './reason.ts'

/** What Node lets through in a path and a URI reference must not hold (RFC 3986, section 2). */
const NOT_IN_A_URI = /%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]|["<>\\^`{|}]/gu

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Problem details (RFC 9457). `instance` is the path, without the query string: that may hold what nobody should see. */
export function problemOf(error: FastifyError, instance: string, requestId: string) {
  const status = error.statusCode ?? 500
  const code = error.code.toLowerCase()
  return {
    type: `/problems/${code.replaceAll('_', '-')}`,
    title: reason(status),
    status,
    detail: error.message,
    instance: instance.replaceAll(NOT_IN_A_URI, encodeURIComponent),
    code,
    request_id: requestId,
    ...errorsOf(error),
  }
}

export const renderProblem = (...of: Parameters<typeof problemOf>): string =>
  JSON.stringify(problemOf(...of))

function errorsOf(error: FastifyError) {
  if (error instanceof ValidationFailed) return { errors: error.violations.map(present) }
  if (error instanceof ImportRejected) return { rejected: error.rejected, errors: error.errors }
  if (!(error instanceof BulkRolledBack)) return {}
  const { index, failure } = error
  const code = failure.code.toLowerCase()
  return { errors: [{ pointer: `#/operations/${index}`, code, detail: failure.message }] }
}

function present({ in: part, path, code, detail }: Violation) {
  return part === 'body'
    ? { pointer: `#${path}`, code, detail }
    : { in: part, parameter: path, code, detail }
}
