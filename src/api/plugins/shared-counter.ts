import type { FastifyBaseLogger } from 'fastify'
import type { Counted } from './window-counter.ts'

/** Milliseconds that a request waits for Redis at most, and that a new connection may take. */
const PATIENCE = { answer: 200, connection: 500 }
/** Milliseconds between two tries while Redis fails. */
const RETRY = 1000

/** One step for Redis, so that no key is ever left without its end. */
const COUNT = `
local used = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return { used, left }`

/** Not below none, and not in the window after the one that was counted in. */
const GIVE_BACK = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end`

/** Fixed windows of requests in Redis or Valkey, shared by all nodes that name the same one. */
export interface SharedCounter {
  /**
   * Counts one request of `key` and says how many all nodes have counted in its window of `windowMs` milliseconds; or says
   * nothing, within 200 ms, when Redis fails, and at once while it is known to fail.
   */
  count(key: string, windowMs: number, done: (counted?: Counted) => void): void
  /** Takes one request of `key` back; nobody waits for it, and while Redis fails it stays counted. */
  giveBack(key: string): void
  /** Never rejects, and takes half a second at most: after a failure it is tried again in the background, for ever. */
  connect(): Promise<void>
  close(): void
}

/**
 * Counts in the Redis or Valkey of `url`, which is a `REDIS_URL` that the configuration accepts. The log tells once when it
 * fails, and once when it answers again.
 */
export async function createSharedCounter(
  url: string,
  log: FastifyBaseLogger,
): Promise<SharedCounter> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    commandTimeout: PATIENCE.answer,
    connectTimeout: PATIENCE.connection,
    disconnectTimeout: PATIENCE.answer,
    enableOfflineQueue: false,
    // What a broken connection has not answered may have been counted: asked again, it would count twice.
    maxRetriesPerRequest: 0,
    // A server that still loads its data passes for one that fails, which the log then tells.
    enableReadyCheck: false,
    lazyConnect: true,
    retryStrategy(times) {
      // A proxy before a server that is gone accepts and closes, which is no `error`.
      if (times > 1) failed(new Error('the connection was closed again and again'))
      return Math.min(50 * 2 ** times, RETRY)
    },
  })
  let failing = false
  let closed = false
  let nextTry = 0

  function failed(error: unknown) {
    if (closed) return
    if (!failing) log.warn({ err: error }, 'Redis fails: rate limits are per node until it answers')
    failing = true
    nextTry = performance.now() + RETRY
  }

  function answered() {
    if (failing) log.info('Redis answers: rate limits are shared again')
    failing = false
  }

  async function ask(key: string, windowMs: number): Promise<Counted> {
    const reply = await redis.eval(COUNT, 1, `commonplace:rate:${key}`, windowMs)
    const [used, left] = reply as [number, number] // what the script returns
    return { used, left }
  }

  /** Nobody waits for this one. */
  function tryAgain(key: string, windowMs: number) {
    nextTry = Infinity
    ask(key, windowMs).then(answered, (error: unknown) => {
      failed(error)
      // Behind the same name there may be another server by now: a replica that has been made the primary.
      if (redis.status === 'ready') redis.disconnect(true)
    })
  }

  redis.on('error', failed)

  return {
    count(key, windowMs, done) {
      // No failure yet: the connection may have been lost for a moment only.
      if (redis.status !== 'ready') return done()
      if (failing) {
        if (performance.now() >= nextTry) tryAgain(key, windowMs)
        return done()
      }
      ask(key, windowMs).then(done, (error: unknown) => {
        if (redis.status === 'ready') failed(error)
        done()
      })
    },
    giveBack(key) {
      if (redis.status !== 'ready' || failing) return
      redis.eval(GIVE_BACK, 1, `commonplace:rate:${key}`).catch(failed)
    },
    async connect() {
      await redis.connect().catch(() => {}) // `failed` has been told
    },
    close() {
      closed = true
      redis.disconnect()
    },
  }
}
