import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Backend } from '../../domain/backend.ts'

/** Load balancers ask these often and from one address: never limited, and answered under pressure too. */
const HEALTH = { access: 'public', limit: 'none', underPressure: true } as const

/** `/healthz`: the process lives. `/readyz`: it can serve, else 503 and what is missing. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    app.get('/healthz', { config: HEALTH }, async () => ({ status: 'ok' }))

    app.get('/readyz', { config: HEALTH }, async (request, reply) => {
      const faults = app.isClosing()
        ? { closing: true }
        : // Not the request's: that one is refused while the database is not ready.
          await databaseFaults(app.backend, request.log)
      reply.header('cache-control', 'no-store')
      if (faults) reply.code(503)
      return faults ? { status: 'unavailable', ...faults } : { status: 'ok' }
    })
    done()
  },
  { name: 'health', dependencies: ['closing'] },
)

async function databaseFaults(backend: Backend, log: FastifyBaseLogger) {
  try {
    await backend.store.ping()
    // `prepare` is what is left to do once the migrations have been applied.
    const pending = backend.ready ? await backend.store.pending() : await backend.prepare()
    return pending.length > 0 ? { pending_migrations: pending } : undefined
  } catch (error) {
    log.error({ err: error }, 'the database is not ready')
    return { database: 'not ready' }
  }
}
