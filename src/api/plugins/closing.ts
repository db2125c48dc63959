import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    isClosing(): boolean
  }
}

/** Less than what close-with-grace allows, so that a client which never ends does not turn a clean exit into a killed one. */
const PATIENCE = 8000

/**
 * What is in flight finishes, and each reply tells its client to go: with keep-alive connections left open a close takes as
 * long as their timeout.
 */
export default fp(
  (app: FastifyInstance, _options, done) => {
    let closing = false
    let cut: NodeJS.Timeout | undefined
    app.decorate('isClosing', () => closing)

    app.addHook('preClose', (next) => {
      closing = true
      cut = setTimeout(() => app.server.closeAllConnections(), PATIENCE)
      next()
    })
    app.addHook('onSend', (_request, reply, _payload, next) => {
      if (closing) reply.header('connection', 'close')
      next()
    })
    app.addHook('onClose', (_app, next) => {
      clearTimeout(cut)
      next()
    })
    done()
  },
  { name: 'closing' },
)
