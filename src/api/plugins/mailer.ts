import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Outcome } from '../../domain/mail/task.ts'
import { NotTaken } from '../../domain/mail/refusals.ts'

/** Milliseconds between two looks at the outbox. */
const INTERVAL = 2000

/** Hands mails over while the server runs, beside its requests: each node does, and no mail twice at a time. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const { outbox } = app.backend
    let timer: NodeJS.Timeout | undefined
    let closed: Promise<void> | undefined
    outbox.onOutcome((outcome) => log(app.log, outcome))
    const look = () => {
      if (!app.backend.ready) return
      outbox.deliver().catch((error: unknown) => app.log.error({ err: error }, 'no mail goes'))
    }
    app.addHook('onListen', async () => {
      if (outbox.available) timer = setInterval(look, INTERVAL).unref()
    })
    // A mail server that says nothing is not waited for after the requests, but while they end.
    app.addHook('preClose', (next) => {
      clearInterval(timer)
      closed = outbox.close()
      next()
    })
    app.addHook('onClose', async () => closed)
    done()
  },
  { name: 'mailer', dependencies: ['backend'] },
)

/** What nobody gets is an error, and so is what keeps all mail here; the rest is a mail server that has its days. */
function log(logger: FastifyBaseLogger, { outcome, kind, userId, attempts, error }: Outcome) {
  if (outcome === 'sent') return
  const facts = { outcome, kind, user_id: userId, attempts, err: error }
  if (outcome !== 'postponed') logger.error(facts, 'a mail is given up')
  else if (error instanceof NotTaken && error.isOurs)
    logger.error(facts, 'the mail server does not take what we send')
  else logger.warn(facts, 'a mail could not be handed over')
}
