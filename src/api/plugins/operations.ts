import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { versionOf } from '../version.ts'

/** A documented route, with the data that its checks were made from. */
export interface Operation {
  id: string
  version: 1 | 2
  method: string
  /** As in the documents: `/api/v2/users/{id}`. */
  path: string
  config: FastifyContextConfig
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every operation of both versions, in the order of their registration. */
    operations: readonly Operation[]
  }
}

/**
 * Collects the operations as they are registered, for whoever tells what they need. A route of the API that is none, and not
 * hidden from the documents either, does not start: nobody would know that it is there.
 */
export default fp(
  (app: FastifyInstance, _options, done) => {
    const operations: Operation[] = []
    app.decorate('operations', operations)
    app.addHook('onRoute', ({ method, url, schema, config = {} }) => {
      if (method === 'HEAD') return
      if (schema?.operationId === undefined) {
        if (!url.startsWith('/api/') || schema?.hide) return
        throw new Error(`${String(method)} ${url} has no operationId`)
      }
      operations.push({
        id: schema.operationId,
        version: versionOf(url),
        method: String(method),
        path: url.replaceAll(/:(\w+)/g, '{$1}'),
        config,
      })
    })
    done()
  },
  { name: 'operations' },
)
