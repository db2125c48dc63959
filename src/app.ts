import Fastify from 'fastify'
import auth from './api/plugins/auth.ts'
import mailPages from './api/mail-pages.ts'
import backend from './api/plugins/backend.ts'
import body from './api/plugins/body.ts'
import closing from './api/plugins/closing.ts'
import cors from './api/plugins/cors.ts'
import docs from './api/plugins/docs.ts'
import errorHandler from './api/plugins/error-handler.ts'
import health from './api/plugins/health.ts'
import type { LogStream } from './api/plugins/log-buffer.ts'
import logging, { logStream } from './api/plugins/logging.ts'
import mailer from './api/plugins/mailer.ts'
import metrics from './api/plugins/metrics.ts'
import notFound from './api/plugins/not-found.ts'
import operations from './api/plugins/operations.ts'
import pressure from './api/plugins/pressure.ts'
import rateLimit from './api/plugins/rate-limit.ts'
import security from './api/plugins/security.ts'
import { serverOptions } from './api/plugins/server-options.ts'
import validation from './api/plugins/validation.ts'
import problems from './api/problems/index.ts'
import v1 from './api/v1/index.ts'
import v2 from './api/v2/index.ts'
import wellKnown from './api/well-known.ts'
import type { Config } from './config/schema.ts'
import type { Backend } from './domain/backend.ts'
import { type BackendOverrides, openBackend } from './open-backend.ts'

export interface Overrides extends BackendOverrides {
  /** Receives the lines of the log instead of standard output. */
  logStream?: LogStream
  /** Connections that may be open at once; any number unless given. */
  connections?: number
  /** Whoever gives one closes it. */
  backend?: Backend
}

/** The whole server, ready to listen or to be injected into. Hooks run in the order of this list. */
export async function buildApp(config: Config, overrides: Overrides = {}) {
  const stream =
    config.logLevel === 'silent' ? undefined : (overrides.logStream ?? logStream(config))
  const app = Fastify(serverOptions(config, { ...overrides, stream }))
  await app.register(security, config)
  await app.register(logging, { config, stream })
  await app.register(metrics)
  await app.register(closing)
  await app.register(pressure, config)
  await app.register(rateLimit, config)
  await app.register(cors, config)
  await app.register(errorHandler)
  await app.register(notFound)
  await app.register(body)
  await app.register(validation)
  await app.register(
    backend,
    overrides.backend
      ? { backend: overrides.backend }
      : await openBackend(config, {
          onSharedMailboxes: (pairs) =>
            app.log.warn(
              { users: pairs.slice(0, 100), count: pairs.length },
              'pairs of users have one mailbox, spelled in two ways',
            ),
          onProviderFailure: ({ refusal, message }, provider) =>
            app.log.warn(
              { provider, refusal, reason: message },
              'a sign-in failed at the provider',
            ),
          ...overrides,
        }),
  )
  await app.register(mailer)
  await app.register(operations)
  await app.register(auth)
  await app.register(health)
  await app.register(docs, { versions: ['v1', 'v2'] })
  await app.register(problems)
  await app.register(wellKnown, config)
  await app.register(mailPages)
  await app.register(v1, { ...config, prefix: '/api/v1' })
  await app.register(v2, { ...config, prefix: '/api/v2' })
  return app
}
