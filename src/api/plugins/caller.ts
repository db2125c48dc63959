import type { FastifyRequest } from 'fastify'
import type { Actor, Origin } from '../../base/actor.ts'
import type { Principal } from '../../domain/sessions/principal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the token of the request has been checked. */
    principal: Principal | null
  }
}

export const origin = (request: FastifyRequest): Origin => ({
  ip: request.ip,
  // It is stored with every refusal.
  userAgent: request.headers['user-agent']?.slice(0, 500),
  requestId: request.id,
})

/** Whose token was checked. On a route that checks none this is a mistake of ours. */
export function principal(request: FastifyRequest): Principal {
  if (!request.principal) throw new Error('This route checks no token')
  return request.principal
}

/** The same as someone who acts: a copy, since the principal is shared between requests. */
export function actor(request: FastifyRequest): Actor {
  const { id, username, role, sessionId, keyId, type, authenticatedAt } = principal(request)
  return { id, username, role, sessionId, keyId, type, authenticatedAt, origin: origin(request) }
}

/** Who calls an optional route, if they said. */
export const visitor = (request: FastifyRequest): Actor | undefined =>
  request.principal ? actor(request) : undefined
