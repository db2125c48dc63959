import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'
import { Overloaded } from '../../base/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered while the event loop lags, too. */
    underPressure?: true
  }
}

/** Milliseconds between two looks at the event loop, and between its own. */
const SAMPLE = 500
const RESOLUTION = 10

/**
 * 503 while the event loop lags, so that what was accepted is answered in time. Health routes go on answering. @fastify/under-pressure
 * reads the memory as well, from a file: without a handle left that throws, in a timer, and ends the process.
 */
export default fp(
  (app: FastifyInstance, { maxEventLoopDelay }: Pick<Config, 'maxEventLoopDelay'>, done) => {
    if (maxEventLoopDelay === 0) return done()
    const overloaded = new Overloaded()
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
    histogram.enable()
    let isLagging = false
    let timer: NodeJS.Timeout | undefined
    const look = () => {
      const delay = histogram.mean / 1e6 - RESOLUTION
      // Nothing was measured where nothing else could run.
      isLagging = Number.isNaN(delay) || delay > maxEventLoopDelay
      histogram.reset()
    }
    app.addHook('onReady', (next) => {
      // A start compiles much at once: the first looks would refuse the first requests for it.
      timer = setTimeout(() => {
        histogram.reset()
        timer = setInterval(look, SAMPLE).unref()
      }, SAMPLE).unref()
      next()
    })
    app.addHook('onRequest', (request, _reply, next) => {
      next(isLagging && !request.routeOptions.config.underPressure ? overloaded : undefined)
    })
    app.addHook('onClose', (_app, next) => {
      clearTimeout(timer)
      histogram.disable()
      next()
    })
    done()
  },
  { name: 'pressure' },
)
