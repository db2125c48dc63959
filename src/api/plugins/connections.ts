import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyServerFactory } from 'fastify'
import { answerFull } from './client-error.ts'
import { inTurn } from './pipelining.ts'

// Not imported: see reason.ts.
const { createServer } = process.getBuiltinModule('node:http')

/** Connections that are told at once that there is no place; whoever comes then is cut off without a word. */
const MOST_REFUSALS = 16
/** Milliseconds that one of those has to read it. */
const PATIENCE = 1000

interface Bound {
  /** Connections that may be open at once, on all addresses together. */
  most: number
  nextId: () => string
}
/**
 * Makes the servers of an app, of which Fastify asks for one for each address. Node can only cut off what is beyond `maxConnections`;
 * here it is told so. Before that connections between two requests are closed, which have nothing to lose.
 */
export function serverFactory({ most, nextId }: Bound): FastifyServerFactory {
  let open = 0
  let refused = 0

  function refuse(socket: Socket) {
    if (refused >= MOST_REFUSALS) {
      socket.destroy()
      return
    }
    refused += 1
    const timer = setTimeout(() => socket.destroy(), PATIENCE)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(timer)
      refused -= 1
    })
    // What it sends is read and forgotten: a reply to who is cut off while sending would be lost.
    socket.resume()
    answerFull(socket, nextId())
  }

  return (handler, options): Server => {
    const server = createServer(Object(options['http']), inTurn(handler))
    // As Fastify sets them where it makes a server itself.
    server.keepAliveTimeout = Number(options['keepAliveTimeout'])
    server.requestTimeout = Number(options['requestTimeout'])
    server.setTimeout(Number(options['connectionTimeout']))
    const accept = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      if (open >= most) {
        server.closeIdleConnections()
        refuse(socket)
        return
      }
      open += 1
      socket.once('close', () => (open -= 1))
      for (const listener of accept) listener.call(server, socket)
    })
    // Without a handle left a connection cannot even be cut off: it waits, and nobody is ended for it.
    server.on('error', () => undefined)
    return server
  }
}
