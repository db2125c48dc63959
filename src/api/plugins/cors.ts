import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'

/** What a browser may read of a reply from another origin, beside the body. */
const EXPOSED = [
  'X-Request-Id',
  'X-API-Version',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Link',
  'Location',
  'ETag',
  'X-Total-Count',
  'WWW-Authenticate',
  'Idempotency-Replayed',
].join(', ')

/**
 * CORS (the Fetch standard) for an allow-list, without credentials. Preflights are answered by not-found.ts, which knows the methods
 * that a path really has; @fastify/cors would answer for any path, and costs each request more than all other headers together.
 */
export default fp(
  (app: FastifyInstance, { corsOrigins }: Pick<Config, 'corsOrigins'>, done) => {
    if (corsOrigins.length === 0) return done()
    const allowed = new Set(corsOrigins)
    const all = allowed.has('*')

    app.addHook('onRequest', (request, reply, next) => {
      const { origin } = request.headers
      // Said to everyone: a cache must not give one origin's reply to another.
      if (!all) reply.header('vary', 'Origin')
      if (origin !== undefined && (all || allowed.has(origin))) {
        reply.header('access-control-allow-origin', all ? '*' : origin)
        reply.header('access-control-expose-headers', EXPOSED)
      }
      next()
    })
    done()
  },
  { name: 'cors' },
)
