import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Backend } from '../../domain/backend.ts'

declare module 'fastify' {
  interface FastifyInstance {
    backend: Backend
  }
  interface FastifyRequest {
    /** What a handler talks to: the app's own, unless something gave this request another. */
    readonly backend: Backend
  }
}

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
        return this.server.backend
      },
    })
    if (close) app.addHook('onClose', close)
    done()
  },
  { name: 'backend' },
)
