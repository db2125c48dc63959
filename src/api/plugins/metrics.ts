import type { FastifyInstance, onResponseHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { createDurationHistogram } from './duration-histogram.ts'
import { addHook } from './route-hook.ts'

/** Prometheus metrics, in a registry of the app's own: several apps live in one process. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    const durations = createDurationHistogram(
      'http_request_duration_seconds',
      'How long requests took, from their headers to the end of the reply',
    )

    const observer = (method: string, route: string): onResponseHookHandler => {
      const byStatus: ((seconds: number) => void)[] = []
      return (_request, reply, next) => {
        const { statusCode } = reply
        const observe = (byStatus[statusCode] ??= durations.series({
          method,
          route,
          status: String(statusCode),
        }))
        observe(reply.elapsedTime / 1000)
        next()
      }
    }
    app.addHook('onRoute', (route) => {
      addHook(route, 'onResponse', observer(String(route.method), route.url))
    })
    const nowhere = observer('', '')
    app.addHook('onResponse', function (request, reply, next) {
      if (request.is404) nowhere.call(this, request, reply, next)
      else next()
    })

    app.get('/metrics', { config: { access: 'public' } }, async (_request, reply) => {
      reply.type(registry.contentType)
      return `${await registry.metrics()}\n${durations.render()}`
    })
    app.addHook('onClose', (_app, next) => {
      registry.clear()
      next()
    })
    done()
  },
  { name: 'metrics' },
)
