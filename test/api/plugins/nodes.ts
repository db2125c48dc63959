import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { TokenInvalid } from '../../../src/base/access-errors.ts'
import { collect, frame } from './frame.ts'

export const WARNED = 'Redis fails: rate limits are per node until it answers'
export const BACK = 'Redis answers: rate limits are shared again'

const routes = (app: FastifyInstance) => {
  app.get('/open', { config: { access: 'public' } }, async () => ({}))
  app.get('/login', { config: { access: 'public', limit: 'auth' } }, async () => ({}))
  app.get('/register', { config: { access: 'public', limit: 'register' } }, async (request) => {
    if (request.query && 'bad' in Object(request.query)) throw new TokenInvalid()
    return {}
  })
}

/** One of several nodes over one Redis. In a minute it allows each caller 6 requests, and 1 login. */
export async function node(t: Test, REDIS_URL: string, RATE_LIMITS = '0.01') {
  const stream = collect()
  const env = { REDIS_URL, RATE_LIMITS, LOG_LEVEL: 'info' }
  const app = await frame(t, routes, { env, stream })
  const log = () =>
    stream.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg !== 'request')

  /** One request of a user (`7`) or of an address, and what is left to them. */
  async function ask(caller: string, url = '/open') {
    const isUser = /^\d+$/.test(caller)
    const { statusCode, headers } = await app.inject(
      isUser ? { url, headers: { 'x-user': caller } } : { url, remoteAddress: caller },
    )
    const left = Number(/r=(\d+)/.exec(String(headers['ratelimit']))?.[1])
    return { status: statusCode, left, headers }
  }

  return {
    app,
    ask,
    /** Several requests at once. */
    burst: (caller: string, count: number) =>
      Promise.all(Array.from({ length: count }, () => ask(caller))),
    /** The messages of the log, without those of requests. */
    logged: () => log().map(({ msg }) => msg),
    wholeLog: () => JSON.stringify(log()),
    /** Goes on asking, as somebody else each time, until Redis has been noticed to be back. */
    async recovered() {
      const deadline = performance.now() + 20_000
      while (performance.now() < deadline) {
        await ask(someone())
        if (log().at(-1)?.msg === BACK) return
        await sleep(50)
      }
      t.fail('Redis was not noticed to be back')
    },
  }
}

/** An address that no other test and no earlier run has: they may share a Redis. */
export const someone = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`
