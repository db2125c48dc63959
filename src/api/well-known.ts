import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../config/schema.ts'
import { JWKS_MAX_AGE } from '../domain/sessions/keys.ts'

/** What other services read to check our access tokens by themselves (RFC 7517), and where they ask about them (RFC 8414). */
const wellKnown: FastifyPluginAsync<Pick<Config, 'publicUrl'>> = async (app, { publicUrl }) => {
  const cached = `public, max-age=${JWKS_MAX_AGE}`

  app.get('/.well-known/jwks.json', { config: { access: 'public' } }, async (request, reply) => {
    reply.header('cache-control', cached)
    return request.backend.keys.jwks()
  })

  // What is served and no more: there is no authorization endpoint, so no response type, and tokens come from our own login.
  const metadata = {
    issuer: publicUrl,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    response_types_supported: [],
    grant_types_supported: [],
    revocation_endpoint: `${publicUrl}/api/v2/auth/revoke`,
    revocation_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint: `${publicUrl}/api/v2/auth/introspect`,
    service_documentation: `${publicUrl}/docs`,
  }
  app.get(
    '/.well-known/oauth-authorization-server',
    { config: { access: 'public' } },
    async (_request, reply) => {
      reply.header('cache-control', cached)
      return metadata
    },
  )
}

export default wellKnown
