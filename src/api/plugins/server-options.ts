import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import { LogController } from 'fastify'
import type { Config } from '../../config/schema.ts'
import { type Ids, randomIds } from '../../base/ids.ts'
import { answerClientError } from './client-error.ts'
import { serverFactory } from './connections.ts'
import { readForwarded } from './forwarded.ts'
import type { LogStream } from './log-buffer.ts'
import { loggerOptions } from './logging.ts'
import { isWaiting } from './pipelining.ts'
import { parseQuery } from './query-string.ts'
import { requestIds } from './request-id.ts'
import { standardHeaders } from './security.ts'
import { isUpload } from './upload.ts'

interface Deps {
  ids?: Ids
  /** Where the log goes; nothing is logged without. */
  stream?: LogStream | undefined
  /** Connections that may be open at once. */
  connections?: number | undefined
}

const KIB = 1024
const SECOND = 1000

/** The options of the one Fastify(...) call: limits of size and time, ids, the log, and what answers before any route does. */
export function serverOptions(
  config: Config,
  { ids = randomIds, stream, connections = Infinity }: Deps = {},
) {
  const nextId = requestIds(ids)
  const setHeaders = standardHeaders(config)
  const isBehindProxy = config.trustProxy.length > 0

  return {
    logger: loggerOptions(config, stream),
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'request_id',
    }),
    trustProxy: isBehindProxy && [...config.trustProxy],
    serverFactory: serverFactory({ most: connections, nextId: () => nextId({ headers: {} }) }),
    bodyLimit: 256 * KIB,
    requestTimeout: 15 * SECOND,
    // A dripped header is cut by headersTimeout alone, and only as often as connections are looked at (facts.md, 43).
    http: {
      headersTimeout: 3 * SECOND,
      connectionsCheckingInterval: SECOND,
      maxHeaderSize: 16 * KIB,
      // Node would answer a missing Host in no shape of ours; security.ts does.
      requireHostHeader: false,
    },
    // closing.ts tells clients to go, with the answer to what they asked.
    return503OnClosing: false,
    // The first thing that happens to a request: nothing has looked at its address yet.
    genReqId(request) {
      if (isBehindProxy) readForwarded(request, config.trustProxyHeader)
      return nextId(request)
    },
    routerOptions: { maxParamLength: 100, querystringParser: parseQuery },
    // Bad percent codes and endless parameters: no hook has run, and none will.
    frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply) {
      setHeaders(request, reply)
      reply.raw.once('finish', () => request.server.logRequest(request, reply))
      request.server.errorHandler(error, request, reply)
    },
    clientErrorHandler(error, socket) {
      if (isUpload(error, socket) || isWaiting(error, socket)) return
      answerClientError(error, socket, nextId({ headers: {} }))
    },
  } satisfies FastifyServerOptions & { http: object }
}
