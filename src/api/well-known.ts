import type { FastifyPluginAsync } from 'fastify'
import { JWKS_MAX_AGE } from '../domain/sessions/keys.ts'

/** What other services read to check our access tokens by themselves (RFC 7517). */
const wellKnown: FastifyPluginAsync = async (app) => {
  app.get('/.well-known/jwks.json', { config: { access: 'public' } }, async (request, reply) => {
    reply.header('cache-control', `public, max-age=${JWKS_MAX_AGE}`)
    return request.backend.keys.jwks()
  })
}

export default wellKnown
