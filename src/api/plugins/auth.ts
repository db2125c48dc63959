import jwt, { type TokenOrHeader } from '@fastify/jwt'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { TokenType } from '../../db/tables.ts'
import type { Actor, Origin } from '../../domain/actor.ts'
import { TokenInvalid, TokenMissing } from '../../domain/access-errors.ts'
import { type Principal, refusalOf } from '../../domain/sessions/token-check.ts'

/**
 * Who may call a route. `user` is what a route gets that says nothing: an access token. `refresh` takes the refresh token of a
 * session, as Bearer or in the body; `session` takes either token; `optional` also lets people in who show none.
 */
export type Access = 'public' | 'optional' | 'user' | 'refresh' | 'session'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** Set once the token of the request has been checked. */
    principal: Principal | null
    /** The token under check, for @fastify/jwt. */
    presentedToken: string | null
  }
}
declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { header: { kid?: unknown }; payload: unknown }
    user: object
  }
}

const EXPECTED: Record<Exclude<Access, 'public'>, readonly TokenType[]> = {
  optional: ['access'],
  user: ['access'],
  refresh: ['refresh'],
  session: ['access', 'refresh'],
}
const SECURITY: Record<Access, ReadonlyArray<Record<string, string[]>>> = {
  public: [],
  optional: [{}, { bearerAuth: [] }],
  user: [{ bearerAuth: [] }],
  refresh: [{}, { bearerAuth: [] }],
  session: [{ bearerAuth: [] }],
}

/** One hook per route adds both the check and the `security` of the document, so the two cannot disagree. */
export default fp(
  async function auth(app) {
    await app.register(jwt, {
      secret: {
        // @fastify/jwt keeps one verifier per key as long as the key is a string.
        public: (request: FastifyRequest, token: TokenOrHeader) =>
          request.backend.keys.publicKey('header' in token ? token.header.kid : token.kid),
      },
      decode: { complete: true },
      verify: {
        algorithms: ['EdDSA'],
        complete: true,
        checkTyp: 'jwt',
        // The domain checks every claim, with the injected clock: a verifier fixes its own when it is built.
        ignoreExpiration: true,
        ignoreNotBefore: true,
        extractToken: (request) => request.presentedToken ?? undefined,
      },
    })
    app.decorateRequest('principal', null)
    app.decorateRequest('presentedToken', null)
    app.addHook('onRoute', (route) => {
      const access = route.config?.access ?? 'user'
      route.schema = { ...route.schema, security: SECURITY[access] }
      if (access === 'public') return
      prepend(route, 'onRequest', CHECKS[access])
      if (access === 'refresh') prepend(route, 'preHandler', checkBody)
    })
  },
  { name: 'auth' },
)

/** A HEAD route is made from its GET with the hooks that this already has. */
function prepend<H extends 'onRequest' | 'preHandler'>(
  route: RouteOptions,
  hook: H,
  check: NonNullable<RouteOptions[H]>,
) {
  const present: unknown[] = [route[hook] ?? []].flat()
  if (!present.includes(check)) Object.assign(route, { [hook]: [check, ...present] })
}

type Check = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

const checkHeader =
  (access: keyof typeof EXPECTED): Check =>
  (request, _reply, done) => {
    if (access === 'refresh' && carriesBody(request)) {
      done()
      return
    }
    const token = bearerToken(request)
    if (token === undefined) {
      done(access === 'optional' || access === 'refresh' ? undefined : new TokenMissing())
      return
    }
    const expected = EXPECTED[access]
    const known = request.backend.tokens.recall(token, expected)
    if (known) {
      request.principal = known
      done()
      return
    }
    verify(request, token, expected).then(() => done(), done)
  }
const CHECKS = {
  optional: checkHeader('optional'),
  user: checkHeader('user'),
  refresh: checkHeader('refresh'),
  session: checkHeader('session'),
}

/** A refresh token in the body goes before the header: some clients send their access token with every request. */
async function checkBody(request: FastifyRequest) {
  if (request.principal) return
  const body: unknown = request.body
  const inBody = typeof body === 'object' && body !== null && 'refresh_token' in body
  const token = inBody ? String(body.refresh_token) : bearerToken(request)
  if (token === undefined) throw new TokenMissing()
  await verify(request, token, EXPECTED.refresh)
}

const carriesBody = ({ headers }: FastifyRequest) =>
  (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined

/** Signature first (@fastify/jwt), then everything that can have changed since it was made (the domain). */
async function verify(request: FastifyRequest, token: string, expected: readonly TokenType[]) {
  request.presentedToken = token
  let verified: { payload: unknown }
  try {
    verified = await request.jwtVerify()
  } catch (error) {
    throw isTokenFault(error) ? new TokenInvalid() : refusalOf(error)
  }
  request.principal = await request.backend.tokens.authenticate(token, verified.payload, expected)
}

const isTokenFault = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(FAST_JWT|FST_JWT)_/.test(error.code)

/**
 * The token of the Authorization header (RFC 6750, section 2.1), or undefined when the header holds none.
 * @throws TokenInvalid when what it holds cannot be one.
 */
function bearerToken({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined
  if (!/^Bearer(?: |$)/i.test(authorization)) return undefined
  const token = authorization.slice('Bearer '.length).trim()
  if (token === '') return undefined
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new TokenInvalid()
  return token
}

export const origin = (request: FastifyRequest): Origin => ({
  ip: request.ip,
  // It is stored with every refusal.
  userAgent: request.headers['user-agent']?.slice(0, 500),
  requestId: request.id,
})

/** Whose token was checked. On a route that checks none this is a mistake of ours. */
export function principal(request: FastifyRequest): Principal {
  if (!request.principal) throw new Error('This route checks no token')
  return request.principal
}

/** The same as someone who acts: a copy, since the principal is shared between requests. */
export function actor(request: FastifyRequest): Actor {
  const { id, username, role, sessionId } = principal(request)
  return { id, username, role, sessionId, origin: origin(request) }
}

/** Who calls an optional route, if they said. */
export const visitor = (request: FastifyRequest): Actor | undefined =>
  request.principal ? actor(request) : undefined
