import { type AddressInfo, connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import body from '../../../src/api/plugins/body.ts'
import closing from '../../../src/api/plugins/closing.ts'
import cors from '../../../src/api/plugins/cors.ts'
import errorHandler from '../../../src/api/plugins/error-handler.ts'
import type { LogStream } from '../../../src/api/plugins/log-buffer.ts'
import logging from '../../../src/api/plugins/logging.ts'
import notFound from '../../../src/api/plugins/not-found.ts'
import rateLimit from '../../../src/api/plugins/rate-limit.ts'
import security from '../../../src/api/plugins/security.ts'
import { serverOptions } from '../../../src/api/plugins/server-options.ts'
import validation from '../../../src/api/plugins/validation.ts'
import { type Env, loadConfig } from '../../../src/config/index.ts'
import { TokenInvalid } from '../../../src/base/access-errors.ts'

interface Options {
  env?: Env
  stream?: LogStream
  /** What is between the options of the server and the first plugin. */
  prepare?: (app: FastifyInstance) => void
}

/**
 * The frame around the API without a database: all plugins that need none, in the order of app.ts, and the routes of one test.
 * `X-User: 7` signs in as user 7; `X-User: forged` is a bad token.
 */
export async function frame(
  t: Test,
  routes: (app: FastifyInstance) => void,
  { env = {}, stream, prepare }: Options = {},
) {
  const config = loadConfig({ NODE_ENV: 'test', ...env })
  const app = Fastify(serverOptions(config, { stream }))
  prepare?.(app)
  await app.register(security, config)
  await app.register(cors, config)
  await app.register(logging, { config, stream })
  await app.register(closing)
  await app.register(rateLimit, config)
  await app.register(errorHandler)
  await app.register(notFound)
  await app.register(body)
  await app.register(validation)
  app.decorateRequest('principal', null)
  app.addHook('onRequest', (request, _reply, done) => {
    const user = request.headers['x-user']
    if (user === 'forged') return done(new TokenInvalid())
    if (user !== undefined) {
      const id = Number(user)
      request.principal = { ...principal, id, sessionId: `session of ${id}` }
    }
    done()
  })
  routes(app)
  t.teardown(() => app.close())
  await app.ready()
  return app
}

const principal = {
  username: 'alice',
  role: 'user',
  tokenId: 'token',
  type: 'access',
  expiresAt: Infinity,
  issuedAt: 0,
  authenticatedAt: 0,
  rotating: false,
  spent: false,
} as const

/** Sends bytes to a listening app and returns all it answers until it closes the connection. */
export async function exchange(app: FastifyInstance, bytes: string | Buffer): Promise<string> {
  const { port } = await listening(app)
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(bytes)
  // Not `once`: a reset is an end too, whatever was answered before it.
  await new Promise((resolve) => socket.on('close', resolve))
  return Buffer.concat(chunks).toString()
}

export async function listening(app: FastifyInstance): Promise<AddressInfo> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address
}

/** Collects the lines of a log. */
export function collect() {
  const lines: string[] = []
  return { lines, write: (line: string) => void lines.push(line) }
}
