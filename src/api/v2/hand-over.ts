import type { FastifyReply, FastifyRequest } from 'fastify'
import { ValidationFailed } from '../../base/errors.ts'
import type { TokenPair } from '../../domain/sessions/issue.ts'
import type { Static } from '../../base/schema.ts'
import { checkOrigin, csrfToken } from '../plugins/csrf.ts'
import { deny } from '../plugins/needs.ts'
import * as schemas from './schemas/sessions.ts'

type Transport = 'body' | 'cookie'

/**
 * Whether somebody who logs in may have the tokens the way they ask for.
 * @param origins of our own pages
 * @throws CsrfFailed, ValidationFailed
 */
export async function checkTransport(
  request: FastifyRequest,
  transport: Transport,
  origins: readonly string[],
): Promise<void> {
  if (transport === 'body') return
  const fault = checkOrigin(request, origins)
  if (fault) await deny(request, fault)
  if (request.server.hasCookies) return
  const detail = 'transport must be body: cookies need an https PUBLIC_URL'
  throw new ValidationFailed([{ in: 'body', path: '/transport', code: 'unavailable', detail }])
}

/** Hands over a pair of tokens the way its client asked for. */
export function hand(
  request: FastifyRequest,
  reply: FastifyReply,
  pair: TokenPair,
  transport: Transport,
): Static<typeof schemas.LoginReply> {
  if (transport === 'body') return schemas.presentPair(pair)
  reply.setTokens(pair)
  return {
    transport,
    csrf_token: csrfToken(request, pair.sessionId),
    expires_in: pair.expiresIn,
  }
}
