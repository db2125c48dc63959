import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import createRouter, { type HTTPMethod } from 'find-my-way'
import { MethodNotAllowed, RouteNotFound } from '../../base/errors.ts'
import { pathOf } from '../version.ts'

const PREFLIGHT_HEADERS =
  'Authorization, Content-Type, X-API-Key, X-CSRF-Token, X-Request-Id, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID'

/**
 * A path that exists under another method is a 405 with `Allow`, where Fastify says 404; OPTIONS answers everywhere. A shadow of
 * the router knows the paths: it is asked only when the real one found nothing. To the real one `PATCH /posts/bulk` is a change
 * of the post `bulk`; a path that is written out somewhere is that path under every method.
 */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const shadow = createRouter({ maxParamLength: 16_384 })
    const methods = new Set<HTTPMethod>()
    const literal = new Set<string>()

    app.addHook('onRoute', ({ method, url }) => {
      if (!/[:*]/.test(url)) literal.add(url)
      for (const one of [method].flat() as HTTPMethod[]) {
        methods.add(one)
        if (!shadow.hasRoute(one, url)) shadow.on(one, url, () => {})
      }
    })

    const allowed = (path: string) => {
      const known = [...methods].filter((method) => {
        const found = shadow.find(method, path)
        return found !== null && !(hasMembers(found.params) && literal.has(path))
      })
      return known.length === 0
        ? undefined
        : [...new Set([...known, 'OPTIONS'])].toSorted().join(', ')
    }
    const answer = (request: FastifyRequest, reply: FastifyReply) => {
      const allow = allowed(pathOf(request.url))
      if (allow === undefined) throw new RouteNotFound()
      if (request.method !== 'OPTIONS') throw new MethodNotAllowed(allow)
      reply.header('allow', allow)
      if (reply.hasHeader('access-control-allow-origin')) preflight(reply, allow)
      return reply.code(204).send()
    }

    // Before the body is read: what it holds does not matter here.
    app.addHook('onRequest', (request, reply, next) => {
      const { is404, params } = request
      if (!is404 && !(hasMembers(params) && literal.has(pathOf(request.url)))) return next()
      request.server.countRefused(request, reply, (limited) => {
        if (limited) return next(limited)
        try {
          answer(request, reply)
        } catch (error) {
          next(error instanceof Error ? error : undefined)
        }
      })
    })
    app.setNotFoundHandler(answer)
    done()
  },
  { name: 'not-found', dependencies: ['rate-limit'] },
)

function hasMembers(params: unknown) {
  for (const _ in Object(params)) return true
  return false
}

function preflight(reply: FastifyReply, allow: string) {
  reply.header('access-control-allow-methods', allow)
  reply.header('access-control-allow-headers', PREFLIGHT_HEADERS)
  reply.header('access-control-max-age', '600')
}
