import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { enumerate } from '../../base/text.ts'
import { MalformedRequest, TooManyStreams } from '../../base/errors.ts'
import type { Happened } from '../../domain/events/log.ts'
import type { Ending, OpenStream, Sink } from '../../domain/events/stream.ts'
import { principal } from '../plugins/caller.ts'
import { EVENT_STREAM, eventPresenterOf, eventStream, LastEventId } from './schemas/events.ts'
import { problems } from './schemas/problems.ts'
import { namesOf, type ResourceSchemas } from './schemas/resource.ts'
import type { Named } from '../schemas/ref.ts'

/** Milliseconds after which a browser connects again. */
const RETRY = 3000
const HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  // nginx would gather events until a buffer is full.
  'x-accel-buffering': 'no',
  // A stream takes its connection with it when it ends: nobody closes a server around one that idles.
  connection: 'close',
}

interface Options {
  schemas: readonly ResourceSchemas[]
  /** The component of what a stream may hold. */
  event: Named
}

/** Server-sent events (WHATWG HTML, section 9.2). */
const eventRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { schemas, event }) => {
  const render = rendererOf(schemas)
  const [shared, own] = [false, true].map((isPrivate) =>
    schemas
      .filter(({ resource }) => (resource.read === 'owner') === isPrivate)
      .map(({ resource }) => `to ${isPrivate ? 'your ' : ''}${namesOf(resource).many}`),
  )
  const watched = [...shared!, ...own!]
  const sinks = new Set<Sink>()
  app.addHook('preClose', (done) => {
    for (const sink of sinks) sink.end('closing')
    done()
  })

  app.get(
    '',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'streamEvents',
        summary: 'Watch what happens',
        description: `A stream of server-sent events (WHATWG HTML): what happens ${enumerate(watched)}, from now on or from
where another stream broke off. At most five are open to a user on each server. Every 15 seconds comes a comment, with the \`id\` up to
which you have everything. The stream ends with its session; that the access token expires meanwhile does not matter. Who reads too
slowly is told later; who does not read at all is cut off.`,
        tags: ['Events'],
        headers: LastEventId,
        response: {
          200: eventStream(event),
          ...problems(
            new MalformedRequest('Last-Event-ID must be the id of an event'),
            new TooManyStreams(15),
          ),
        },
      },
    },
    async (request, reply) => {
      const last = lastEventId(request)
      if (request.method === 'HEAD') {
        start(reply).end()
        return reply
      }
      const stream = await request.backend.events.open(principal(request), last)
      const sink = createSink(request, reply, stream, render)
      sinks.add(sink)
      reply.raw.once('close', () => sinks.delete(sink))
      stream.begin(sink)
      // The others were told before this one was there.
      if (app.isClosing()) sink.end('closing')
      return reply
    },
  )
}

/** Sends the headers; from here on the connection is ours. */
function start(reply: FastifyReply) {
  reply.headers(HEADERS).hijack()
  // The cast: Fastify's types allow a number for every header.
  return reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
}

/** Writes to the connection as much as it takes, and a line to the log when it ends. */
function createSink(
  request: FastifyRequest,
  reply: FastifyReply,
  stream: OpenStream,
  render: (event: Happened) => string,
): Sink {
  const { raw } = reply
  let events = 0
  let ending: Ending | 'client' = 'client'
  raw.on('drain', stream.ready)
  // What is written while the connection breaks is an error of nobody's; the close follows.
  raw.on('error', () => undefined)
  raw.once('close', () => {
    stream.close()
    const { id } = principal(request)
    const ms = Math.round(reply.elapsedTime)
    request.log.info({ user_id: id, ms, events, ending }, 'a stream of events ended')
  })
  start(reply).write(`retry: ${RETRY}\n`)
  // They may have gone while the stream was opened.
  if (raw.destroyed) stream.close()

  return {
    event(event) {
      events += 1
      return raw.write(render(event))
    },
    reset: (id, at) => raw.write(message('reset', id, { id, type: 'reset', at: at.toISOString() })),
    beat: (id) => raw.write(`: here\nid: ${id}\n\n`),
    end(why, error) {
      ending = why
      if (error !== undefined) request.log.error({ err: error }, 'a stream of events failed')
      // Who does not read would not see the end either.
      if (raw.writableNeedDrain) raw.destroy()
      else raw.end()
    },
  }
}

/** What has been written for one stream is there for the others. */
function rendererOf(schemas: readonly ResourceSchemas[]) {
  const present = eventPresenterOf(schemas)
  const rendered = new WeakMap<Happened, string>()
  return (event: Happened): string => {
    let text = rendered.get(event)
    if (text === undefined) {
      text = message(event.type, event.id, present(event))
      rendered.set(event, text)
    }
    return text
  }
}

const message = (type: string, id: number, data: object) =>
  `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

/** @throws MalformedRequest */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return undefined
  if (!/^\d{1,15}$/.test(String(given)))
    throw new MalformedRequest('Last-Event-ID must be the id of an event')
  return Number(given)
}

export default eventRoutes
