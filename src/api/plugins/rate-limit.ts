import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'
import { RateLimited } from '../../domain/errors.ts'
import { network } from '../../domain/network.ts'
import { addHook } from './route-hook.ts'
import { createSharedCounter, type SharedCounter } from './shared-counter.ts'
import { type Counted, createWindowCounter } from './window-counter.ts'

/** Requests per window of seconds, at `RATE_LIMITS=on` (wire.md). */
const POLICIES = {
  default: { quota: 600, window: 60 },
  auth: { quota: 20, window: 60 },
  refresh: { quota: 60, window: 60 },
  register: { quota: 10, window: 3600 },
}
type Policy = keyof typeof POLICIES

/** How many callers a policy remembers: 5001 others must not make it forget one that is limited. */
const CALLERS = 200_000

type RateConfig = Pick<Config, 'rateLimits' | 'redisUrl'>
type Done = (limited?: Error) => void
type Count = (key: string, reply: FastifyReply, done: Done) => void

declare module 'fastify' {
  interface FastifyInstance {
    /** For the error handler: counts a request that was refused before the hook of the rate limit. */
    countRefused(request: FastifyRequest, reply: FastifyReply, done: Done): void
  }
  interface FastifyRequest {
    counted: boolean
  }
  interface FastifyContextConfig {
    /** Which rate limit counts the requests of this route; `default` when absent. */
    limit?: Policy | 'none'
  }
}

/**
 * Each request is counted once: per user when authentication has named one (`default`) or per session (`refresh`), else per
 * address. The count comes after authentication for that reason; a request that authentication refuses never gets there, and
 * the error handler counts it, per address, through `countRefused`.
 */
export default fp(
  async (app: FastifyInstance, { rateLimits, redisUrl }: RateConfig) => {
    app.decorateRequest('counted', false)
    if (rateLimits === 0) {
      app.decorate('countRefused', (_request, _reply, done) => done())
      return
    }

    const shared = redisUrl === undefined ? undefined : await createSharedCounter(redisUrl, app.log)
    if (shared) {
      app.addHook('onReady', () => shared.connect())
      app.addHook('onClose', async () => shared.close())
    }
    const counters = {
      default: counter('default', rateLimits, shared),
      auth: counter('auth', rateLimits, shared),
      refresh: counter('refresh', rateLimits, shared),
      register: counter('register', rateLimits, shared),
    }
    const networkOf = remember(network)

    const count = (policy: Policy, request: FastifyRequest, reply: FastifyReply, done: Done) => {
      if (request.counted) return done()
      request.counted = true
      const { principal } = request
      if (principal && policy === 'default') {
        counters.default(`user:${principal.id}`, reply, done)
      } else if (principal && policy === 'refresh') {
        counters.refresh(principal.sessionId, reply, done)
      } else {
        counters[policy === 'refresh' ? 'default' : policy](networkOf(request.ip), reply, done)
      }
    }

    app.decorate('countRefused', (request, reply, done) => {
      const policy = request.routeOptions.config?.limit ?? 'default'
      if (policy === 'none') done()
      else count(policy, request, reply, done)
    })
    app.addHook('onRoute', (route) => {
      const policy = route.config?.limit ?? 'default'
      if (policy === 'none') return
      // A refresh token may be in the body: its session is known only when that has been checked.
      if (policy === 'refresh') {
        addHook(route, 'preHandler', (request, reply, done) => count(policy, request, reply, done))
      } else {
        addHook(route, 'preParsing', (request, reply, _payload, done) => {
          count(policy, request, reply, done)
        })
      }
    })
  },
  { name: 'rate-limit' },
)

/**
 * The fields are those of draft-ietf-httpapi-ratelimit-headers-10. Every request is counted here, and by all nodes together when
 * there is a shared counter: what that says is remembered here, so that nobody is freed when it fails.
 */
function counter(policy: Policy, multiplier: number, shared: SharedCounter | undefined): Count {
  const { quota, window } = POLICIES[policy]
  const max = Math.max(1, Math.round(quota * multiplier))
  const policyField = `"${policy}";q=${max};w=${window}`
  const itemPrefix = `"${policy}";r=`
  const counts = createWindowCounter(window * 1000, CALLERS)

  const answer = ({ used, left }: Counted, reply: FastifyReply, done: Done) => {
    const seconds = Math.max(1, Math.ceil(left / 1000))
    reply.header('ratelimit-policy', policyField)
    reply.header('ratelimit', `${itemPrefix}${Math.max(0, max - used)};t=${seconds}`)
    done(used > max ? new RateLimited(seconds) : undefined)
  }
  return (key, reply, done) => {
    // Not the clock: a limit must not move when somebody sets the time.
    const now = performance.now()
    const local = counts.count(key, now)
    // Who is limited already does not get to keep Redis busy.
    if (!shared || local.used > max) return answer(local, reply, done)
    shared.count(`${policy}:${key}`, window * 1000, (all) => {
      if (all) counts.learn(key, all, now)
      answer(all && all.used >= local.used ? all : local, reply, done)
    })
  }
}

/** Reading an IPv6 address takes 10 µs, about as much as the rest of a small request. */
function remember(networkOf: (ip: string) => string) {
  const known = new Map<string, string>()
  return (ip: string) => {
    if (!ip.includes(':')) return ip
    const before = known.get(ip)
    if (before !== undefined) return before
    if (known.size === 10_000) known.clear()
    const found = networkOf(ip)
    known.set(ip, found)
    return found
  }
}
