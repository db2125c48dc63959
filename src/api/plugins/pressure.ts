import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'
import { Overloaded } from '../../domain/errors.ts'

/** Milliseconds between two looks at the event loop. */
const SAMPLE = 500

/** 503 while the event loop lags, so that what was accepted is answered in time. Health routes go on answering. */
export default fp(
  async (app: FastifyInstance, { maxEventLoopDelay }: Pick<Config, 'maxEventLoopDelay'>) => {
    if (maxEventLoopDelay === 0) return
    const overloaded = new Overloaded()
    // A start compiles much at once: the first look would refuse the first requests for it.
    let hasSettled = false
    app.addHook('onReady', async () => {
      setTimeout(() => (hasSettled = true), 2 * SAMPLE).unref()
    })
    await app.register(underPressure, {
      maxEventLoopDelay,
      sampleInterval: SAMPLE,
      pressureHandler: () => {
        if (hasSettled) throw overloaded
      },
    })
  },
  { name: 'pressure' },
)
