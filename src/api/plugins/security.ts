import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'
import { MalformedRequest } from '../../base/errors.ts'
import { isV1 } from '../version.ts'
import { addHook } from './route-hook.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The reply carries tokens: no cache may keep it, although the route is public. */
    noStore?: boolean
  }
}

const CSP = "default-src 'none'; frame-ancestors 'none'"
/** RFC 6797. Its subdomains may be others' servers, some without TLS: they are included when the operator asks for it. */
const HSTS = 'max-age=31536000'

type HeaderConfig = Pick<Config, 'publicUrl' | 'hstsIncludeSubdomains'>
type SecurityConfig = HeaderConfig & Pick<Config, 'v1DeprecatedAt' | 'v1SunsetAt'>

/**
 * The headers of every reply. Their values are made once: computing them for each request, as helmet does, halves the
 * throughput of a small route.
 */
export function standardHeaders({ publicUrl, hstsIncludeSubdomains }: HeaderConfig) {
  const hsts = publicUrl.startsWith('https:')
  const policy = hstsIncludeSubdomains ? `${HSTS}; includeSubDomains` : HSTS
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-api-version', isV1(request.raw.url ?? '') ? '1' : '2')
    reply.header('content-security-policy', CSP)
    reply.header('x-content-type-options', 'nosniff')
    if (hsts) reply.header('strict-transport-security', policy)
  }
}

export default fp(
  (app: FastifyInstance, config: SecurityConfig, done) => {
    const setHeaders = standardHeaders(config)
    app.addHook('onRequest', (request, reply, next) => {
      setHeaders(request, reply)
      next(hostFault(request))
    })

    app.addHook('onRoute', (route) => {
      const { access, noStore } = route.config ?? {}
      if (access !== 'public' || noStore) addHook(route, 'onRequest', forbidStoring)
    })

    const aging = agingHeaders(config)
    if (aging) app.addHook('onSend', aging)

    done()
  },
  { name: 'security' },
)

/** Node keeps the first of two Host fields, a proxy may keep the other (RFC 9112, section 3.2, asks for a 400). */
function hostFault({ raw }: FastifyRequest): Error | undefined {
  const { rawHeaders } = raw
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) return undefined
  return new MalformedRequest('The request must have exactly one Host header')
}

const forbidStoring: onRequestHookHandler = (_request, reply, done) => {
  reply.header('cache-control', 'no-store')
  done()
}

/** RFC 9745 and RFC 8594, on v1 alone, once a date is configured. */
function agingHeaders({ v1DeprecatedAt, v1SunsetAt }: SecurityConfig) {
  if (!v1DeprecatedAt && !v1SunsetAt) return undefined
  const successor = '</api/v2>; rel="successor-version"'
  const deprecation = v1DeprecatedAt && `@${Math.floor(v1DeprecatedAt.getTime() / 1000)}`
  const sunset = v1SunsetAt?.toUTCString()
  return (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
    if (isV1(request.url)) {
      if (deprecation) reply.header('deprecation', deprecation)
      if (sunset) reply.header('sunset', sunset)
      const link = reply.getHeader('link')
      reply.header('link', link === undefined ? successor : `${String(link)}, ${successor}`)
    }
    done()
  }
}
