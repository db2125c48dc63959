import type { FastifyInstance, onResponseHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { addHook } from './route-hook.ts'

type Observe = (seconds: number) => void

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Prometheus metrics, in a registry of the app's own: several apps live in one process. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    const duration = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'How long requests took, from their headers to the end of the reply',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [registry],
    })

    registry.registerMetric(
      new Gauge({
        name: 'event_streams_open',
        help: 'Streams of events that are open',
        registers: [],
        collect() {
          this.set(app.backend.events.size)
        },
      }),
    )

    const mails = new Counter({
      name: 'mails_total',
      help: 'Tries to hand a mail over, by what it told of and what became of it',
      labelNames: ['kind', 'outcome'],
      registers: [registry],
    })
    app.addHook('onReady', async () =>
      app.backend.outbox.onOutcome(({ kind = 'unknown', outcome }) => mails.inc({ kind, outcome })),
    )

    // Labels are checked and hashed once for each route and status, not for each request.
    const observer = (method: string, route: string): onResponseHookHandler => {
      const byStatus: Observe[] = []
      return (_request, reply, next) => {
        const { statusCode } = reply
        const observe = byStatus[statusCode]
        const seconds = reply.elapsedTime / 1000
        if (observe) observe(seconds)
        else {
          const child = duration.labels(method, route, String(statusCode))
          byStatus[statusCode] = (value) => child.observe(value)
          child.observe(seconds)
        }
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
      return registry.metrics()
    })
    app.addHook('onClose', (_app, next) => {
      registry.clear()
      next()
    })
    done()
  },
  { name: 'metrics' },
)
