import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const WAITING = Symbol('waiting')
type PipelinedSocket = Socket & { [WAITING]?: Array<() => void> }

/** Whether Node wants to cut a connection that does not send on because nobody reads it. */
export const isWaiting = (error: { code?: string }, socket: PipelinedSocket): boolean =>
  error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && (socket[WAITING]?.length ?? 0) > 0

/**
 * Requests that come on a connection before those ahead of them are answered (RFC 9112, section 9.3.2) wait for it, and nothing more is
 * read meanwhile. Node hands over whatever it has read, some thousand of them in one turn of the event loop; here everybody else has their
 * turn between two.
 */
export function oneByOne(handler: Handler): Handler {
  function handle(request: IncomingMessage, response: ServerResponse) {
    const socket: PipelinedSocket = request.socket
    response.once('close', () => {
      if (socket[WAITING]?.length === 0) delete socket[WAITING]
      else setImmediate(next, socket)
    })
    handler(request, response)
  }
  function next(socket: PipelinedSocket) {
    // Who has hung up hears no answer.
    if (!socket.destroyed) socket[WAITING]?.shift()?.()
    if (socket[WAITING]?.length === 0) socket.resume()
  }
  return (request, response) => {
    const socket: PipelinedSocket = request.socket
    const waiting = socket[WAITING]
    if (!waiting) {
      socket[WAITING] = []
      handle(request, response)
      return
    }
    holdBack(socket)
    waiting.push(() => handle(request, response))
  }
}

/** Stops reading as long as requests wait: Node would read on whenever one has been answered. */
function holdBack(socket: PipelinedSocket) {
  if (!Object.hasOwn(socket, 'resume')) {
    const resume = socket.resume.bind(socket)
    socket.resume = () => ((socket[WAITING]?.length ?? 0) > 0 ? socket : resume())
  }
  socket.pause()
}
