import jwt, { type TokenOrHeader } from '@fastify/jwt'
import type { FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { TokenType } from '../../db/schema/tables.ts'
import { TokenInvalid, TokenMissing, TokenRevoked } from '../../base/access-errors.ts'
import { KEY_PREFIX } from '../../domain/sessions/key-check.ts'
import { refusalOf } from '../../domain/sessions/token-check.ts'
import type { Principal } from '../../domain/sessions/principal.ts'
import { type Access, securityOf } from './access.ts'
import { origin } from './caller.ts'
import { checkCsrf } from './csrf.ts'
import { barGate, deny, gateOf, type Needs, scopeGate } from './needs.ts'
import { bearerToken, cookieToken, presentedKey } from './presented-token.ts'
import { addHook } from './route-hook.ts'
import { onlyWritten, writesRecords } from './written-only.ts'

declare module 'fastify' {
  interface FastifyContextConfig extends Needs {
    access?: Access
  }
  interface FastifyRequest {
    /** The token under check, for @fastify/jwt. */
    presentedToken: string | null
    /**
     * Whom a token speaks for that came as data, not to let anybody in; undefined when it is not alive.
     * @throws Overloaded when that cannot be found out
     */
    lookAtToken(token: string): Promise<(Principal & { type: TokenType }) | undefined>
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
  rotation: ['refresh'],
  // Of two cookies the one that lives longer.
  session: ['refresh', 'access'],
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
    app.decorateRequest('byCookie', false)
    app.decorateRequest('lookAtToken', lookAtToken)
    app.addHook('onRoute', (route) => {
      const { access = 'user' } = route.config ?? {}
      route.schema = { ...route.schema, security: securityOf(route, access) }
      if (access === 'public') return
      prepend(route, 'onRequest', CHECKS[access])
      if (access === 'refresh' || access === 'rotation')
        prepend(route, 'preHandler', BODIES[access])
      const gate = gateOf(route.config ?? {})
      if (gate) prepend(route, 'preHandler', gate)
      if (access === 'user' || access === 'optional') {
        prepend(route, 'preHandler', scopeGate(route.config ?? {}))
        if (route.method !== 'GET') prepend(route, 'preHandler', AGAIN[access])
      }
      if (writesRecords(route)) addHook(route, 'preSerialization', onlyWritten)
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

/** A hook, wherever in the life of a request. */
type Check = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void

/** The check of the routes whose token is in the header, or in a cookie of the same type. */
const checkHeader =
  (
    expected: readonly TokenType[],
    { required, takesKey, isBarred }: { required: boolean; takesKey: boolean; isBarred: boolean },
  ): Check =>
  (request, _reply, done) => {
    const letIn = () => {
      const bar = request.principal?.bar
      if (bar === undefined || !isBarred) done()
      else barGate(request, bar, done)
    }
    if (takesKey && presentsKey(request)) {
      const key = presentedKey(request)
      if (key !== undefined) {
        checkKey(request, key).then(letIn, done)
        return
      }
    }
    const token = bearerToken(request) ?? cookieToken(request, expected)
    if (token === undefined) {
      done(required ? new TokenMissing() : undefined)
      return
    }
    const known = request.backend.tokens.recall(token, expected)
    if (known && !request.byCookie) {
      request.principal = known
      letIn()
      return
    }
    const check = expected === EXPECTED.session ? verifySession : verify
    const admitted = known ? admit(request, known) : check(request, token, expected)
    admitted.then(letIn, done)
  }
const presentsKey = ({ headers: { authorization, 'x-api-key': key } }: FastifyRequest) =>
  key !== undefined || authorization?.startsWith(`Bearer ${KEY_PREFIX}`) === true

async function checkKey(request: FastifyRequest, key: string) {
  const { apiKeyCheck } = request.backend
  request.principal = apiKeyCheck.recall(key) ?? (await apiKeyCheck.authenticate(key))
}

/** A refresh token may come in the body, which has not been read yet: then this leaves it to `checkBody`. */
const checkRefreshHeader: onRequestHookHandler = (request, _reply, done) => {
  const token = carriesBody(request) ? undefined : bearerToken(request)
  if (token === undefined) done()
  else verify(request, token, EXPECTED.refresh).then(() => done(), done)
}
const CHECKS = {
  optional: checkHeader(EXPECTED.optional, { required: false, takesKey: true, isBarred: true }),
  user: checkHeader(EXPECTED.user, { required: true, takesKey: true, isBarred: true }),
  session: checkHeader(EXPECTED.session, { required: true, takesKey: false, isBarred: false }),
  refresh: checkRefreshHeader,
  rotation: ((_request, _reply, done) => done()) satisfies onRequestHookHandler,
}

/**
 * A body takes as long as its sender likes: who may not any more when its end has come is not let in by what they could when it began.
 * What has not changed is known without a look.
 */
const onceMore =
  (check: Check): Check =>
  (request, ...more) =>
    carriesBody(request) ? check(request, ...more) : more[1]()
const AGAIN = { optional: onceMore(CHECKS.optional), user: onceMore(CHECKS.user) }

/** A refresh token in the body goes before any other: some clients send their access token with every request. */
const checkBody =
  (elsewhere: (request: FastifyRequest) => string | undefined, check: typeof verify) =>
  async (request: FastifyRequest) => {
    if (request.principal) return
    const body: unknown = request.body
    const inBody = typeof body === 'object' && body !== null && 'refresh_token' in body
    const token = inBody ? String(body.refresh_token) : elsewhere(request)
    if (token === undefined) throw new TokenMissing()
    await check(request, token, EXPECTED.refresh)
  }
const BODIES = {
  refresh: checkBody(bearerToken, verify),
  // One that was used before passes here: whether that is a replay or a theft is the rotation's to say.
  rotation: checkBody(
    (request) => cookieToken(request, ['refresh']),
    async (...token) => admit(token[0], await checked(...token)),
  ),
}

const carriesBody = ({ headers }: FastifyRequest) =>
  (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined

async function lookAtToken(this: FastifyRequest, token: string) {
  try {
    const principal = await checked(this, token, ['access', 'refresh'])
    // A token is no key.
    return principal as Principal & { type: TokenType }
  } catch (error) {
    const refusal = refusalOf(error)
    if ('statusCode' in refusal && refusal.statusCode === 401) return undefined
    throw refusal
  }
}

/** Characters of a token that is looked at: ours have less than 1 KiB and the URL of the server. */
const LONGEST_TOKEN = 4096

/** Signature first (@fastify/jwt), then everything that can have changed since it was made (the domain). */
async function checked(request: FastifyRequest, token: string, expected: readonly TokenType[]) {
  if (token.length > LONGEST_TOKEN) throw new TokenInvalid()
  request.presentedToken = token
  let verified: { payload: unknown }
  try {
    verified = await request.jwtVerify()
  } catch (error) {
    throw isTokenFault(error) ? new TokenInvalid() : refusalOf(error)
  }
  return request.backend.tokens.authenticate(token, verified.payload, expected)
}

/** @throws TokenRevoked, RefreshTokenReused when it is a refresh token that was used before, and CsrfFailed (see `admit`) */
async function verify(request: FastifyRequest, token: string, expected: readonly TokenType[]) {
  const principal = await checked(request, token, expected)
  await admit(request, principal)
  if (principal.spent) await request.backend.sessions.refuseSpent(principal, origin(request))
}

/** The same of two cookies. While one tab spends the refresh token, the access token that another sends beside it is as good as before. */
async function verifySession(...[request, token, expected]: Parameters<typeof verify>) {
  try {
    await verify(request, token, expected)
  } catch (error) {
    const isRevoked = error instanceof TokenRevoked && request.byCookie
    const beside = isRevoked ? cookieToken(request, EXPECTED.user) : undefined
    if (beside === undefined) throw error
    await verify(request, beside, EXPECTED.user)
  }
}

/** @throws CsrfFailed when a cookie brought the token, and nothing shows that a page of ours sent it. */
async function admit(request: FastifyRequest, principal: Principal) {
  request.principal = principal
  const fault = request.byCookie && checkCsrf(request, principal)
  if (fault) await deny(request, fault)
}

const isTokenFault = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(FAST_JWT|FST_JWT)_/.test(error.code)
