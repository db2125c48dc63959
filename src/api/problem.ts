import type { FastifyError } from 'fastify'
import { ValidationFailed, type Violation } from '../domain/errors.ts'
import { reason } from './reason.ts'

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
    instance,
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
