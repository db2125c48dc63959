import type { FastifyError } from 'fastify'
import { ValidationFailed, type Violation } from '../domain/errors.ts'
import { reason } from './reason.ts'

/** What Node lets through in a path and a URI reference must not hold (RFC 3986, section 2). */
const NOT_IN_A_URI = /%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]|["<>\\^`{|}]/gu

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Problem details (RFC 9457). `instance` is the path, without the query string: that may hold what nobody should see. */
export function renderProblem(error: FastifyError, instance: string, requestId: string): string {
  const status = error.statusCode ?? 500
  const code = error.code.toLowerCase()
  return JSON.stringify({
    type: `/problems/${code.replaceAll('_', '-')}`,
    title: reason(status),
    status,
    detail: error.message,
    instance: instance.replaceAll(NOT_IN_A_URI, encodeURIComponent),
    code,
    request_id: requestId,
    errors: error instanceof ValidationFailed ? error.violations.map(present) : undefined,
  })
}

function present({ in: part, path, code, detail }: Violation) {
  return part === 'body'
    ? { pointer: `#${path}`, code, detail }
    : { in: part, parameter: path, code, detail }
}
