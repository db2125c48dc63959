import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { MethodNotAllowed } from '../../base/errors.ts'
import { PROBLEM_TYPE, renderProblem } from '../problem.ts'
import { renderV1, V1_ERROR_TYPE, v1Status } from '../v1/errors.ts'
import { isV1, pathOf } from '../version.ts'
import { toFault } from './faults.ts'

const CHALLENGE = 'Bearer realm="commonplace"'
/** No token was sent, so RFC 6750 (section 3.1) wants no error code beside the challenge. */
const TOKENLESS = new Set(['TOKEN_MISSING', 'INVALID_CREDENTIALS', 'OTP_REQUIRED', 'OTP_INVALID'])
const SCOPELESS = new Set(['INSUFFICIENT_SCOPE', 'INSUFFICIENT_ROLE'])

/** The one place that makes an error reply. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    app.setErrorHandler((error: unknown, request, reply) => {
      const fault = toFault(error)
      log(error, fault, request)
      // Refused before its turn to be counted: bad tokens and unknown paths spend the limit too, and may reach it.
      request.server.countRefused(request, reply, (limited) => {
        send(limited ? toFault(limited) : fault, request, reply)
      })
    })
    done()
  },
  { name: 'error-handler', dependencies: ['rate-limit'] },
)

function send(fault: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const status = fault.statusCode ?? 500
  reply.header('cache-control', 'no-store')
  if (status === 401 || SCOPELESS.has(fault.code))
    reply.header('www-authenticate', challenge(fault))
  if ('retryAfter' in fault) reply.header('retry-after', String(fault.retryAfter))
  if (fault instanceof MethodNotAllowed) reply.header('allow', fault.allow)

  // Strings, so that no response schema of the route drops a member.
  if (isV1(request.url)) {
    const plain = v1Status(status)
    reply.code(plain).type(V1_ERROR_TYPE).send(renderV1(fault, plain))
  } else {
    const problem = renderProblem(fault, pathOf(request.url), request.id)
    reply.code(status).type(PROBLEM_TYPE).send(problem)
  }
}

function challenge({ code, message }: FastifyError) {
  if (TOKENLESS.has(code)) return CHALLENGE
  if (SCOPELESS.has(code)) return `${CHALLENGE}, error="insufficient_scope"`
  return `${CHALLENGE}, error="invalid_token", error_description="${message}"`
}

function log(error: unknown, fault: FastifyError, request: FastifyRequest) {
  const status = fault.statusCode ?? 500
  if (status < 500) return
  // Overload is expected under load: a stack for each refusal would make it worse.
  if (status === 503) request.log.warn({ code: fault.code, err: fault.cause }, fault.message)
  else request.log.error({ err: error }, 'a request failed')
}
