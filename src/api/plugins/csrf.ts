import type { FastifyRequest } from 'fastify'
import { CsrfFailed } from '../../base/access-errors.ts'
import type { Principal } from '../../domain/sessions/principal.ts'

const PURPOSE = 'csrf'
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The CSRF token of a session: an authenticated form of its id, so nothing has to be stored. A page sends it as `X-CSRF-Token`. */
export const csrfToken = ({ backend }: FastifyRequest, sessionId: string): string =>
  backend.secrets.mac(PURPOSE, sessionId)

/**
 * A request whose token came in a cookie must show that one of our pages made it, unless its method is safe (RFC 9110, section 9.2.1).
 * @returns why it is refused, or undefined
 */
export function checkCsrf(
  { method, headers, backend }: FastifyRequest,
  { sessionId }: Principal,
): Error | undefined {
  if (SAFE.has(method)) return undefined
  const token = headers['x-csrf-token']
  if (typeof token !== 'string') return new CsrfFailed('The header X-CSRF-Token is missing')
  if (backend.secrets.hasMac(PURPOSE, sessionId, token)) return undefined
  return new CsrfFailed('The CSRF token does not belong to this session')
}

/**
 * A login has no session whose token it could show: it must come from a page of ours, or from no page at all.
 * @param origins the origins of our own pages
 * @returns why it is refused, or undefined
 */
export function checkOrigin(
  { headers }: FastifyRequest,
  origins: readonly string[],
): Error | undefined {
  const { origin } = headers
  if (origin !== undefined && !origins.includes(origin))
    return new CsrfFailed('Pages of this origin may not log in with cookies')
  if (headers['sec-fetch-site'] === 'cross-site')
    return new CsrfFailed('Cookies are for pages on the same site as the API')
  return undefined
}
