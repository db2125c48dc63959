import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'

/** Another spelling of this path gets no leave to send cookies. */
const WITH_COOKIES = '/api/v2/'

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
  'Allow',
  'Deprecation',
  'Sunset',
].join(', ')

/**
 * CORS (the Fetch standard) for an allow-list; v2 takes cookies from those origins, where `*` gets none. Preflights are answered by
 * not-found.ts, which knows the methods that a path really has; the package would answer for any path.
 */
export default fp(
  async (app: FastifyInstance, { corsOrigins }: Pick<Config, 'corsOrigins'>) => {
    if (corsOrigins.length === 0) return
    // The route that the package adds for preflights carries no token.
    app.addHook('onRoute', (route) => {
      if (route.url === '*') route.config = { ...route.config, access: 'public' }
    })
    await app.register(cors, {
      origin: [...corsOrigins],
      preflight: false,
      exposedHeaders: EXPOSED,
    })
    if (corsOrigins.includes('*')) return
    // The package would send it to every origin, and for paths that read no cookies.
    app.addHook('onRequest', (request, reply, next) => {
      if (reply.hasHeader('access-control-allow-origin') && request.url.startsWith(WITH_COOKIES))
        reply.header('access-control-allow-credentials', 'true')
      next()
    })
  },
  { name: 'cors' },
)
