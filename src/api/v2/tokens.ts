import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../config/schema.ts'
import { UnsupportedMediaType } from '../../base/errors.ts'
import { origin, principal } from '../plugins/caller.ts'
import { done, ok, Ref } from '../schemas/ref.ts'
import { problems } from './schemas/problems.ts'
import { Introspection, presentToken, TokenForm } from './schemas/tokens.ts'

const TAGS = ['Authentication']
const FORM = 'application/x-www-form-urlencoded'
const IS_FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i
const notAForm = () => new UnsupportedMediaType(FORM)

/** What OAuth clients and resource servers ask of tokens. In a scope of its own: only here a body is a form. */
const tokenRoutes: FastifyPluginAsyncTypebox<Pick<Config, 'publicUrl'>> = async (
  app,
  { publicUrl },
) => {
  app.removeAllContentTypeParsers()
  await app.register(formbody)
  app.addHook('preParsing', (request, _reply, payload, next) => {
    next(IS_FORM.test(request.headers['content-type'] ?? '') ? null : notAForm(), payload)
  })

  app.post(
    '/introspect',
    {
      config: { scope: 'tokens:introspect', limit: 'default', noStore: true, stores: false },
      schema: {
        operationId: 'introspectToken',
        summary: 'Ask what a token is',
        description:
          'RFC 7662. Tells of your own tokens, and an API key with the scope `tokens:introspect` of all; any other one, one that is not alive or spent, and one of an account that must first change its password or confirm its address, is `{"active": false}`.',
        tags: TAGS,
        consumes: [FORM],
        body: Ref(TokenForm),
        response: { 200: ok(Introspection, 'What the token is.'), ...problems(notAForm()) },
      },
    },
    async (request) => {
      const token = await request.lookAtToken(request.body.token)
      const { id, scopes } = principal(request)
      const mayKnow = token && (token.id === id || scopes?.has('tokens:introspect'))
      // One that something bars opens nothing but the way to lift that.
      const isGood = mayKnow && !token.spent && token.bar === undefined
      return isGood ? presentToken(token, publicUrl) : { active: false }
    },
  )

  app.post(
    '/revoke',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke a token',
        description:
          'RFC 7009. Whoever has a token may end it: a refresh token with its session, an access token alone. The answer is 200 also for what is no token, not alive or spent.',
        tags: TAGS,
        consumes: [FORM],
        body: Ref(TokenForm),
        response: { 200: done('It is not alive any more.'), ...problems(notAForm()) },
      },
    },
    async (request, reply) => {
      const token = await request.lookAtToken(request.body.token)
      // One that was used before is good for nothing, not for ending what came of it either.
      if (token && !token.spent) await request.backend.sessions.revoke(token, origin(request))
      return reply.code(200).send()
    },
  )
}

export default tokenRoutes
