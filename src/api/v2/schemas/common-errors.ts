import type { FastifyError } from '@fastify/error'
import type { FastifySchema, RouteOptions } from 'fastify'
import {
  CsrfFailed,
  EmailUnconfirmed,
  FreshLoginRequired,
  InsufficientRole,
  InsufficientScope,
  PasswordChangeRequired,
  TokenMissing,
} from '../../../base/access-errors.ts'
import {
  HeadersTooLarge,
  InternalError,
  MalformedRequest,
  Overloaded,
  PayloadTooLarge,
  RateLimited,
  StorageFull,
  UnsupportedMediaType,
  UriTooLong,
  ValidationFailed,
  type Violation,
} from '../../../base/errors.ts'
import type { Bar } from '../../../domain/sessions/principal.ts'
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../base/write-errors.ts'

const UNKNOWN_PARAMETER: Violation = {
  in: 'query',
  path: 'x',
  code: 'unknown_parameter',
  detail: '"x" is not a parameter of this path',
}

type Traits = NonNullable<RouteOptions['config']> &
  Pick<RouteOptions, 'url'> & { schema: FastifySchema | undefined; isSafe: boolean }
/** What nearly every operation may answer, and which do. One of each for all: to make an error is slow. */
const COMMON: Array<[FastifyError, (route: Traits) => boolean]> = [
  [new MalformedRequest('The path is not a valid URL'), () => true],
  [new ValidationFailed([UNKNOWN_PARAMETER]), () => true],
  [new HeadersTooLarge(), () => true],
  [new InternalError(), () => true],
  [new Overloaded(), () => true],
  [new RateLimited(1), ({ limit }) => limit !== 'none'],
  [new TokenMissing(), ({ access }) => access !== 'public'],
  [new UriTooLong(), ({ url }) => url.includes('/:')],
  [new PayloadTooLarge(), ({ isSafe }) => !isSafe],
  [new StorageFull(), ({ isSafe, stores = !isSafe }) => stores],
  // What takes no JSON says itself what it takes.
  [
    new UnsupportedMediaType(),
    ({ schema }) => schema?.body !== undefined && !(415 in Object(schema.response)),
  ],
  [new IdempotencyKeyInUse(), ({ idempotent }) => Boolean(idempotent)],
  [new IdempotencyKeyReused(), ({ idempotent }) => Boolean(idempotent)],
  [
    new InsufficientScope('The API key lacks the scope that the operation needs'),
    ({ access }) => access === 'user' || access === 'optional',
  ],
  [new PasswordChangeRequired(), (route) => isBarred(route, 'password')],
  [new EmailUnconfirmed(), (route) => isBarred(route, 'email')],
  [new InsufficientRole(), ({ roles }) => roles !== undefined],
  [new FreshLoginRequired(), ({ fresh }) => Boolean(fresh)],
  [
    new CsrfFailed('The header X-CSRF-Token is missing'),
    ({ isSafe, access }) => !isSafe && access !== 'public',
  ],
]

function isBarred({ access, despite }: Traits, bar: Bar) {
  return (access === 'user' || access === 'optional') && !despite?.includes(bar)
}

/** The refusals that a route has because of what it is. */
export function commonErrors({ method, url, config = {}, schema }: RouteOptions): FastifyError[] {
  const isSafe = method === 'GET' || method === 'HEAD'
  const traits = { access: 'user' as const, ...config, url, schema, isSafe }
  return COMMON.filter(([, applies]) => applies(traits)).map(([error]) => error)
}
