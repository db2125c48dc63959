import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Last } from '../../domain/resources/engine/collection.ts'
import type { KeptReply, Reservation } from '../../domain/idempotency.ts'
import { Type } from '../../base/schema.ts'
import { actor } from '../plugins/caller.ts'
import { toFault } from '../plugins/faults.ts'
import { addHook } from '../plugins/route-hook.ts'
import { isWriteOnly } from '../plugins/written-only.ts'
import { PROBLEM_TYPE, renderProblem } from '../problem.ts'
import { pathOf } from '../version.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * An Idempotency-Key is honoured. `late`: by the handler itself, with `reserve`, once it has read a body that no parser reads.
     */
    idempotent?: true | 'late'
  }
  interface FastifyRequest {
    /** What the Idempotency-Key of this request has reserved, if it has one. */
    reservation: Reservation | undefined
  }
}

const JSON_TYPE = 'application/json; charset=utf-8'

export const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      maxLength: 255,
      pattern: '^(?:"(?:[ !#-\\[\\]-~]|\\\\["\\\\])+"|[!#-~][!-~]*)$',
      description:
        'Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A ' +
        'random one for each thing that shall happen, bare or in quotes.',
      examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
    }),
  ),
})

/** A reply before it is written, so that it can be kept. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body: object
}

/** Reserves the keys of requests whose route is `idempotent`, and answers those that were answered before. */
const idempotency: FastifyPluginAsync = async (app) => {
  app.decorateRequest('reservation', undefined)
  app.addHook('onRoute', (route) => {
    if (route.config?.idempotent !== true) return
    addHook(route, 'preHandler', (request, reply, done) => {
      if (request.headers['idempotency-key'] === undefined) return done()
      reserve(request, reply, JSON.stringify(request.body)).then((answered) => {
        if (!answered) done()
      }, done)
    })
  })
}
export default fp(idempotency, { name: 'idempotency' })

/**
 * Reserves the key of a request, if it has one.
 * @param body what must be the same when the key comes again
 * @returns whether it was answered before: then it has been answered again
 * @throws IdempotencyKeyReused, IdempotencyKeyInUse
 */
export async function reserve(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string,
): Promise<boolean> {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') return false
  const begun = await request.backend.idempotency.begin({
    actor: actor(request),
    method: request.method,
    path: pathOf(request.url),
    key: bare(key),
    body,
  })
  if ('reservation' in begun) {
    request.reservation = begun.reservation
    return false
  }
  const { status, headers, body: text } = begun.reply
  void reply
    .code(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    // An object, so that a key sees no more of what somebody else got than of its own.
    .send(status < 300 && isWriteOnly(request) ? JSON.parse(text) : text)
  return true
}

/** A string of structured fields (RFC 9651, section 3.3.3) without its quotes: `"a"` and `a` are one key. */
const bare = (key: string) =>
  key.startsWith('"') ? key.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : key

/**
 * Does what a request asks for and answers it, once for each Idempotency-Key: the reply is kept with what was written, in its
 * transaction. A refusal is kept too, unless it may pass by itself (429 and 5xx).
 */
export async function answerOnce<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: (result: R) => Answer,
  act: (last?: Last<R>) => Promise<R>,
): Promise<FastifyReply> {
  const { reservation, backend } = request
  if (!reservation) return send(reply, answer(await act()))
  try {
    const result = await act((tx, done) =>
      backend.idempotency.keep(tx, reservation, kept(reply, answer(done))),
    )
    return send(reply, answer(result))
  } catch (error) {
    await settle(request, reservation, error)
    throw error
  }
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer) {
  return reply.code(status).headers(headers).send(body)
}

const kept = (reply: FastifyReply, { status, headers, body }: Answer): KeptReply => ({
  status,
  headers: { 'content-type': JSON_TYPE, ...headers },
  body: String(reply.serializeInput({ ...body }, String(status))),
})

async function settle(request: FastifyRequest, reservation: Reservation, error: unknown) {
  const { idempotency: keys } = request.backend
  const fault = toFault(error)
  const status = fault.statusCode ?? 500
  try {
    if (status === 429 || status >= 500) return await keys.release(reservation)
    const body = renderProblem(fault, pathOf(request.url), request.id)
    await keys.keepRefusal(reservation, {
      status,
      headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' },
      body,
    })
  } catch (failure) {
    // The reservation runs out by itself; what the caller must hear is the error before.
    request.log.warn({ err: failure }, 'an idempotency key was left to run out')
  }
}
