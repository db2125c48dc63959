import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError } from 'fastify'
import { HeadersTooLarge, MalformedRequest, Overloaded, RequestTimeout } from '../../base/errors.ts'
import { PROBLEM_TYPE, renderProblem } from '../problem.ts'
import { renderV1, V1_ERROR_TYPE, v1Status } from '../v1/errors.ts'
import { isV1, pathOf } from '../version.ts'
import { reason } from '../reason.ts'

/** Answers what never became a request, in the shape of the version it was meant for. Only Node's parser has seen it. */
export function answerClientError(error: ConnectionError, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable && !hasBegunReply(socket)) {
    socket.write(render(faultOf(error), urlOf(error), requestId))
  }
  socket.destroy(error)
}

/** Tells a connection that there is no place for it, whatever it would have asked. The reply ends it. */
export function answerFull(socket: Socket, requestId: string): void {
  socket.end(render(new Overloaded(), '/', requestId))
}

function faultOf({ code }: ConnectionError): FastifyError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeout()
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLarge()
  return new MalformedRequest('The request is not valid HTTP')
}

/** The target of the request line, as far as it is known. */
function urlOf({ rawPacket }: ConnectionError & { rawPacket?: unknown }) {
  if (!Buffer.isBuffer(rawPacket)) return '/'
  const line = rawPacket.subarray(0, 512).toString('latin1')
  return /^[A-Z-]+ (\/[!-~]*)/.exec(line)?.[1] ?? '/'
}

function render(fault: FastifyError, url: string, requestId: string) {
  const v1 = isV1(url)
  const asked = fault.statusCode ?? 400
  const status = v1 ? v1Status(asked) : asked
  const body = v1 ? renderV1(fault, status) : renderProblem(fault, pathOf(url), requestId)
  return [
    `HTTP/1.1 ${status} ${reason(status)}`,
    `Content-Type: ${v1 ? V1_ERROR_TYPE : PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    `X-API-Version: ${v1 ? 1 : 2}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    ...('retryAfter' in fault ? [`Retry-After: ${String(fault.retryAfter)}`] : []),
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

/** Node keeps the reply that is being sent at this place: a second status line in its midst would corrupt it. */
function hasBegunReply(socket: Socket & { _httpMessage?: { headersSent?: boolean } | null }) {
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  return socket._httpMessage?.headersSent === true
}
