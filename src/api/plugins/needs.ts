import type { FastifyRequest, preHandlerAsyncHookHandler, preHandlerHookHandler } from 'fastify'
import {
  EmailUnconfirmed,
  InsufficientRole,
  InsufficientScope,
  PasswordChangeRequired,
} from '../../base/access-errors.ts'
import type { Role } from '../../base/actor.ts'
import type { Permission } from '../../domain/policy.ts'
import type { Scope } from '../../domain/scopes.ts'
import { staleness } from '../../domain/sessions/freshness.ts'
import type { Bar } from '../../domain/sessions/principal.ts'
import { origin, principal } from './caller.ts'

/** What a route needs beyond a token, as data: it is what enforces the need and what `/authz` tells. */
export interface Needs {
  /** Only these roles may call it. */
  roles?: readonly Role[]
  /** What an API key needs; absent, keys cannot call it. */
  scope?: Scope
  /**
   * The session must be fresh: always, when the record is oneself, or when the body has one of these members. Acts on the account of an
   * admin need it whatever this says: the domain enforces that, where the record is known.
   */
  fresh?: true | 'own' | readonly string[]
  /** Which rule on the record decides. The domain enforces it with the write itself, where a record is absent or someone else's. */
  permission?: Permission
  /** What those may do, too, who have something else to do first. */
  despite?: readonly Bar[]
  /** Query parameters that are not for everyone, and which rule decides. The domain enforces it. */
  restricted?: Readonly<Record<string, Permission>>
}

const NOT_FOR_KEYS = 'API keys cannot do this'

/** The check of a route's needs, after its input has been checked; undefined when it has none. */
export function gateOf({ roles, fresh }: Needs): preHandlerAsyncHookHandler | undefined {
  if (!roles && !fresh) return undefined
  return async function gate(request) {
    const caller = principal(request)
    const { id, role } = caller
    if (roles && !roles.includes(role)) await deny(request, new InsufficientRole())
    if (fresh === undefined || !concerns(request, fresh, id)) return
    const fault = staleness(caller, request.backend.clock.now())
    if (fault) await deny(request, fault)
  }
}

/** The check of a key's scope, after the input has been checked. Sessions pass at once. */
export function scopeGate({ scope }: Needs): preHandlerHookHandler {
  const refusal = new InsufficientScope(
    scope === undefined ? NOT_FOR_KEYS : `The API key lacks the scope ${scope}`,
  )
  return function gate(request, _reply, done) {
    const scopes = request.principal?.scopes
    if (!scopes || (scope !== undefined && scopes.has(scope))) done()
    else deny(request, refusal).catch(done)
  }
}

function concerns(
  { params, body }: FastifyRequest,
  fresh: NonNullable<Needs['fresh']>,
  id: number,
) {
  if (fresh === true) return true
  if (fresh === 'own') return (params as { id: number }).id === id
  return typeof body === 'object' && body !== null && fresh.some((member) => member in body)
}

const BARS = {
  password: () => new PasswordChangeRequired(),
  email: () => new EmailUnconfirmed(),
}

/** Refuses whoever has something else to do first. */
export function barGate(request: FastifyRequest, bar: Bar, done: (error?: Error) => void) {
  if (request.routeOptions.config?.despite?.includes(bar)) done()
  else deny(request, BARS[bar]()).catch(done)
}

/** Puts the refusal into the audit trail, with the operation as its target, and whoever is known to have asked. */
export async function deny(request: FastifyRequest, error: Error): Promise<never> {
  await request.backend.audit.record({
    action: 'access.denied',
    outcome: 'denied',
    actorId: request.principal?.id,
    target: { type: 'operation', id: request.routeOptions.schema?.operationId ?? request.method },
    origin: origin(request),
  })
  throw error
}
