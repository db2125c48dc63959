import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Backend } from '../../domain/backend.ts'
import { NotReady } from '../../base/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    backend: Backend
  }
  interface FastifyRequest {
    /** What a handler talks to: the app's own, unless something gave this request another. */
    readonly backend: Backend
  }
}

/** Milliseconds between two looks at a database that lacks migrations. */
const RETRY = 2000

interface Options {
  backend: Backend
  /** Called after the last request has been answered. */
  close?: () => Promise<void>
}

export default fp(
  (app: FastifyInstance, { backend, close }: Options, done) => {
    app.decorate('backend', backend)
    app.decorateRequest('backend', {
      getter() {
        if (!backend.ready) throw new NotReady(RETRY / 1000)
        return this.server.backend
      },
    })
    // Requests that come in together were there when the turn of the event loop began: one snapshot is new enough for all of them.
    app.server.prependListener('request', () => backend.store.shareReads())
    let retry: NodeJS.Timeout | undefined
    app.addHook('onReady', async () => {
      if (!backend.ready) retry = setInterval(prepare, RETRY).unref()
    })
    function prepare() {
      backend.prepare().then(
        (pending) => pending.length === 0 && clearInterval(retry),
        (error: unknown) => app.log.error({ err: error }, 'the database is not ready'),
      )
    }
    app.addHook('onClose', async () => {
      clearInterval(retry)
      await close?.()
    })
    done()
  },
  { name: 'backend' },
)
