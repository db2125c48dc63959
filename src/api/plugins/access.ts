import type { RouteOptions } from 'fastify'
import { isV1 } from '../version.ts'

/**
 * Who may call a route. `user` is what a route gets that says nothing: an access token. `session` takes the access or the refresh
 * token of a session; `optional` also lets people in who show none. `refresh` takes a refresh token, as Bearer or in the body;
 * `rotation` takes it in the body or a cookie, and lets one pass that was used before.
 */
export type Access = 'public' | 'optional' | 'user' | 'refresh' | 'session' | 'rotation'

/** What the document says of it. The page of another origin sends its cookies and the CSRF token; v1 reads no cookies. */
export function securityOf({ method, url, config }: RouteOptions, access: Access) {
  const bearer = { bearerAuth: [] }
  const key = config?.scope === undefined ? [] : [{ apiKey: [] }]
  const csrf = ['GET', 'HEAD'].includes(String(method)) ? {} : { csrfToken: [] }
  const cookie = isV1(url) ? [] : [{ accessCookie: [], ...csrf }]
  const schemes: Record<Access, ReadonlyArray<Record<string, string[]>>> = {
    public: [],
    optional: [{}, bearer, ...key, ...cookie],
    user: [bearer, ...key, ...cookie],
    refresh: [{}, bearer],
    rotation: [{}, { refreshCookie: [], ...csrf }],
    session: [bearer, ...(isV1(url) ? [] : [{ refreshCookie: [], ...csrf }])],
  }
  return schemes[access]
}
