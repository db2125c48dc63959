import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/schema.ts'
import { RateLimited } from '../../base/errors.ts'
import { network } from '../../base/network.ts'
import { addHook } from './route-hook.ts'
import { createSharedCounter, type SharedCounter } from './shared-counter.ts'
import { type Counted, createWindowCounter } from './window-counter.ts'

/** Requests per window of seconds, at `RATE_LIMITS=on`, and what a refusal calls them. */
const POLICIES = {
  default: { quota: 600, window: 60, of: 'requests', per: 'a minute' },
  auth: { quota: 20, window: 60, of: 'requests about logins', per: 'a minute from one address' },
  refresh: { quota: 60, window: 60, of: 'refreshes', per: 'a minute for one session' },
  register: { quota: 10, window: 3600, of: 'registrations', per: 'an hour from one address' },
}
type Policy = keyof typeof POLICIES

/** How many callers a policy remembers: 5001 others must not make it forget one that is limited. */
const CALLERS = 200_000

type RateConfig = Pick<Config, 'rateLimits' | 'redisUrl'>
type Done = (limited?: Error) => void

interface Counter {
  count(key: string, reply: FastifyReply, done: Done): void
  /** Takes the last one of `key` back. */
  giveBack(key: string, reply: FastifyReply): void
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For the error handler: counts a request that was refused before the hook of the rate limit. */
    countRefused(request: FastifyRequest, reply: FastifyReply, done: Done): void
  }
  interface FastifyRequest {
    counted: boolean
    /** Set while the request may turn out to be none that its limit counts. */
    uncount: (() => void) | null
  }
  interface FastifyContextConfig {
    /** Which rate limit counts the requests of this route; `default` when absent. */
    limit?: Policy | 'none'
  }
}

/**
 * Each request is counted once: per user when authentication has named one (`default`) or per session (`refresh`), else per
 * address. The count comes after authentication for that reason; a request that authentication refuses never gets there, and
 * the error handler counts it, per address, through `countRefused`. The limit of registrations counts accounts: one that is
 * refused is given back, and counts among the logins, as whatever can be guessed with.
 */
export default fp(
  async (app: FastifyInstance, { rateLimits, redisUrl }: RateConfig) => {
    app.decorateRequest('counted', false)
    app.decorateRequest('uncount', null)
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
        counters.default.count(`user:${principal.id}`, reply, done)
      } else if (principal && policy === 'refresh') {
        counters.refresh.count(principal.sessionId, reply, done)
      } else if (policy === 'register') {
        register(networkOf(request.ip), request, reply, done)
      } else {
        const named = policy === 'refresh' ? 'default' : policy
        counters[named].count(networkOf(request.ip), reply, done)
      }
    }

    /** Counted before it is tried, so that many at once do not get past the limit. */
    const register = (key: string, request: FastifyRequest, reply: FastifyReply, done: Done) => {
      counters.auth.count(key, reply, (limited) => {
        if (limited) return done(limited)
        counters.register.count(key, reply, (full) => {
          if (!full) request.uncount = () => counters.register.giveBack(key, reply)
          done(full)
        })
      })
    }

    app.decorate('countRefused', (request, reply, done) => {
      const policy = request.routeOptions.config?.limit ?? 'default'
      if (policy === 'none') done()
      else count(policy, request, reply, done)
    })
    app.addHook('onRoute', (route) => {
      const policy = route.config?.limit ?? 'default'
      if (policy === 'none') return
      if (policy === 'register') {
        addHook(route, 'onSend', (request, reply, _payload, done) => {
          if (reply.statusCode >= 400) request.uncount?.()
          done()
        })
      }
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
function counter(policy: Policy, multiplier: number, shared: SharedCounter | undefined): Counter {
  const { quota, window, of, per } = POLICIES[policy]
  const max = Math.max(1, Math.round(quota * multiplier))
  const policyField = `"${policy}";q=${max};w=${window}`
  const itemPrefix = `"${policy}";r=`
  const refusal = `Too many ${of}: at most ${max} ${per}`
  const counts = createWindowCounter(window * 1000, CALLERS)

  const tell = ({ used, left }: Counted, reply: FastifyReply): number => {
    const seconds = Math.max(1, Math.ceil(left / 1000))
    reply.header('ratelimit-policy', policyField)
    reply.header('ratelimit', `${itemPrefix}${Math.max(0, max - used)};t=${seconds}`)
    return seconds
  }
  const answer = (counted: Counted, reply: FastifyReply, done: Done) => {
    const seconds = tell(counted, reply)
    done(counted.used > max ? new RateLimited(seconds, refusal) : undefined)
  }
  return {
    count(key, reply, done) {
      // Not the clock: a limit must not move when somebody sets the time.
      const now = performance.now()
      const local = counts.count(key, now)
      // Who is limited already does not get to keep Redis busy.
      if (!shared || local.used > max) return answer(local, reply, done)
      shared.count(`${policy}:${key}`, window * 1000, (all) => {
        if (all) counts.learn(key, all, now)
        answer(all && all.used >= local.used ? all : local, reply, done)
      })
    },
    giveBack(key, reply) {
      const left = counts.giveBack(key, performance.now())
      if (left) tell(left, reply)
      shared?.giveBack(`${policy}:${key}`)
    },
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
