import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { Config } from './config/schema.ts'
import { warningsOf } from './config/warnings.ts'
import { connectionsWithin, handleLimit } from './handles.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Milliseconds from a signal to the end of the process, whatever is still open. */
const GRACE = 10_000

/** Serves until a signal ends it: what is in flight finishes, the last group commits, and the process exits with 0. */
export async function serve(config: Config): Promise<FastifyInstance> {
  const app = await buildApp(config, { connections: connectionsWithin(handleLimit()) })
  for (const { variable, text } of warningsOf(config))
    app.log.warn({ variable }, `${variable} ${text}`)
  closeWithGrace({ delay: GRACE, logger: false }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'closing after an error that nothing caught')
    else app.log.info({ signal }, 'closing')
    await app.close()
  })

  purgeHourly(app)

  const { host, port } = config
  await app.listen({
    host,
    port,
    listenTextResolver: (address) => `listening on ${address}, documents at ${address}/docs`,
  })
  await greet(app)
  return app
}

async function greet({ backend, log }: FastifyInstance) {
  if (!backend.ready) {
    const pending = await backend.store.pending()
    log.warn({ pending }, 'migrations are pending: run `npm run cli -- migrate`')
  } else if ((await backend.accounts.count()) === 0) {
    log.info(
      'there is no user yet: `npm run cli -- user create <username> --admin` makes the first admin',
    )
  }
}

/**
 * Removes what has expired, soon after the start and every hour. Every node tries; a lease lets one of them do it. Milliseconds.
 */
export function purgeHourly(app: FastifyInstance, first = MINUTE, interval = HOUR) {
  const purge = () => {
    timer = setTimeout(purge, interval).unref()
    if (!app.backend.ready) return
    app.backend.purge().then(
      (purged) => purged && app.log.info({ purged }, 'purged what has expired'),
      (error: unknown) => app.log.error({ err: error }, 'the purge failed'),
    )
  }
  let timer = setTimeout(purge, first).unref()
  app.addHook('onClose', async () => clearTimeout(timer))
}
