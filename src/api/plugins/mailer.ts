import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds between two looks at the outbox. */
const INTERVAL = 2000

/** Hands mails over while the server runs, beside its requests: each node does, and no mail twice at a time. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const { outbox } = app.backend
    let timer: NodeJS.Timeout | undefined
    let underway: Promise<unknown> = Promise.resolve()
    const look = () => {
      underway = app.backend.ready
        ? outbox.deliver().catch((error: unknown) => app.log.error({ err: error }, 'no mail goes'))
        : Promise.resolve()
      void underway.finally(() => (timer = timer && setTimeout(look, INTERVAL).unref()))
    }
    app.addHook('onListen', async () => {
      if (outbox.available) timer = setTimeout(look, INTERVAL).unref()
    })
    app.addHook('onClose', async () => {
      clearTimeout(timer)
      timer = undefined
      await underway
    })
    done()
  },
  { name: 'mailer', dependencies: ['backend'] },
)
