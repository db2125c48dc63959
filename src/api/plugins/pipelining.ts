import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** The requests of one connection. */
interface Line {
  /** Whether one of them is being answered. */
  isBusy: boolean
  readonly waiting: Array<() => void>
}
const LINE = Symbol('line')
type PipelinedSocket = Socket & { [LINE]?: Line }

/** Whether Node wants to cut a connection that does not send on because nobody reads it. */
export const isWaiting = (error: { code?: string }, { [LINE]: line }: PipelinedSocket): boolean =>
  error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && line !== undefined && line.waiting.length > 0

/**
 * Requests that come on a connection before those ahead of them are answered (RFC 9112, section 9.3.2) wait for it, and nothing more is
 * read meanwhile. Node hands over whatever it has read, some thousand of them in one turn of the event loop; here everybody else has their
 * turn between two.
 */
export function inTurn(handler: Handler): Handler {
  function handle(request: IncomingMessage, response: ServerResponse, line: Line) {
    line.isBusy = true
    response.once('close', () => {
      if (line.waiting.length === 0) line.isBusy = false
      else setImmediate(next, request.socket, line)
    })
    handler(request, response)
  }
  function next(socket: Socket, { waiting }: Line) {
    // Who has hung up hears no answer.
    if (!socket.destroyed) waiting.shift()?.()
    if (waiting.length === 0) socket.resume()
  }
  return (request, response) => {
    const socket: PipelinedSocket = request.socket
    const line = (socket[LINE] ??= { isBusy: false, waiting: [] })
    if (line.isBusy) {
      holdBack(socket, line)
      line.waiting.push(() => handle(request, response, line))
    } else {
      handle(request, response, line)
    }
  }
}

/** Stops reading as long as requests wait: Node would read on whenever one has been answered. */
function holdBack(socket: Socket, { waiting }: Line) {
  if (!Object.hasOwn(socket, 'resume')) {
    const resume = socket.resume.bind(socket)
    socket.resume = () => (waiting.length > 0 ? socket : resume())
  }
  socket.pause()
}
