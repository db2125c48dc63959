import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import pino, { type LoggerOptions } from 'pino'
import type { Config } from '../../config/schema.ts'
import { systemClock } from '../../base/clock.ts'
import { pathOf } from '../version.ts'
import { bufferedStdout, type LogStream } from './log-buffer.ts'
import { addHook } from './route-hook.ts'

type LogConfig = Pick<Config, 'logLevel' | 'env'>

const SECRETS = [
  'authorization',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'token',
  'access_token',
  'refresh_token',
  'secret',
]
/** Redacts by name at the top and in what code logs by habit: a wildcard would cost each line 2 µs. */
const REDACTED = [
  ...SECRETS,
  ...['headers', 'body', 'query', 'req.headers', 'request.headers'].flatMap((parent) =>
    SECRETS.map((name) => `${parent}.${name}`),
  ),
  ...['', 'headers', 'res.headers', 'reply.headers'].map((parent) => `${parent}["set-cookie"]`),
]

/** What may be a token, however it came into a line: ours have 40 characters and more. Not the caller's id of a request. */
const TOKEN = /(?<!"request_id":")(?<![\w-])[\w-]{40,}(?:\.[\w-]+)*/g
/** The query string behind a path. */
const QUERY = /(?<=\/[^\s"?]*)\?[^\s"]+/g
/** No segment of a path of ours is longer: what is may be a token that went astray, in any spelling. */
const LONGEST_SEGMENT = 36
const LONG_SEGMENTS = new RegExp(`[^/]{${LONGEST_SEGMENT + 1},}`, 'g')

/** Where the log goes: JSON lines on standard output, or readable ones on a terminal of a developer. */
export function logStream({ env }: LogConfig): LogStream {
  if (env === 'production' || !process.stdout.isTTY) return bufferedStdout()
  /* c8 ignore next -- needs a terminal */
  return pino.transport({ target: 'pino-pretty', options: { ignore: 'hostname' } })
}

/** `false` when nothing is to be logged: then Fastify makes no logger for each request either. */
export function loggerOptions({ logLevel }: LogConfig, stream: LogStream | undefined) {
  if (logLevel === 'silent' || !stream) return false
  const options: LoggerOptions = {
    level: logLevel,
    base: null,
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: describeError },
    // The frameworks write what they like: a URL stands in a message of Fastify's, a line of pg's may hold anything.
    hooks: {
      streamWrite: (line) => line.replaceAll(QUERY, '?[redacted]').replaceAll(TOKEN, '[redacted]'),
    },
  }
  return { ...options, stream }
}

/** Anything can be thrown. The message of a failed query repeats its parameters: password hashes, ids of tokens, addresses. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const { type, message, stack } = pino.stdSerializers.err(error)
  return {
    type,
    code: 'code' in error ? error.code : undefined,
    message: withoutParameters(message),
    stack: withoutParameters(stack),
    cause: error.cause === undefined ? undefined : describeError(error.cause),
  }
}

function withoutParameters(text: string | undefined) {
  return text?.replace(/\nparams: [^\n]*/g, '\nparams: [redacted]')
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For replies that no route's hook sees. */
    logRequest(request: FastifyRequest, reply: FastifyReply): void
  }
}

interface Options {
  config: LogConfig
  stream: LogStream | undefined
}

/** One line for each request, when its reply has been sent. */
export default fp(
  (app: FastifyInstance, { config, stream }: Options, done) => {
    app.addHook('onClose', async () => stream?.close?.())
    if (!stream || !['info', 'debug', 'trace'].includes(config.logLevel)) {
      app.decorate('logRequest', () => {})
      return done()
    }
    const nowhere = lineWriter(stream)
    app.decorate('logRequest', nowhere)
    app.addHook('onResponse', (request, reply, next) => {
      if (request.is404) nowhere(request, reply)
      next()
    })
    app.addHook('onRoute', (route) => {
      const write = lineWriter(stream, route.url)
      addHook(route, 'onResponse', (request, reply, next) => {
        write(request, reply)
        next()
      })
    })
    done()
  },
  { name: 'logging' },
)

/**
 * Writes lines as pino would, past pino: these are most of all lines, and formatting them by key takes 4 µs, a tenth of a small
 * request. Never the query string, nor what could be a token in the path: nobody should find one in a log.
 */
function lineWriter(stream: LogStream, route = '') {
  const isSecret = route.includes(':token')
  const tail = `,"route":${JSON.stringify(route)},"msg":"request"}\n`
  return (request: FastifyRequest, reply: FastifyReply) => {
    const path = isSecret ? route : withoutLongSegments(pathOf(request.url))
    const user = request.principal ? `,"user_id":${request.principal.id}` : ''
    stream.write(
      `{"level":30,"time":${systemClock.now().getTime()},"request_id":"${request.id}","method":"${request.method}","path":${JSON.stringify(path)},"status":${reply.statusCode},"ms":${reply.elapsedTime.toFixed(2)}${user}${tail}`,
    )
  }
}

const withoutLongSegments = (path: string) =>
  path.length > LONGEST_SEGMENT ? path.replaceAll(LONG_SEGMENTS, '…') : path
