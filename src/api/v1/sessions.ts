import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from '../../base/schema.ts'
import { ValidationFailed } from '../../base/errors.ts'
import { origin, principal } from '../plugins/caller.ts'
import { Nothing } from '../../base/fields.ts'
import { OptionalBody, Ref, ok } from '../schemas/ref.ts'
import { refusal } from './schemas/errors.ts'
import {
  AccessToken,
  Login,
  Message,
  presentAccess,
  presentPair,
  Refresh,
  TokenPair,
} from './schemas/sessions.ts'

function credentials(body: Static<typeof Login>) {
  if (body.username !== undefined || body.email !== undefined) return body
  const detail = 'username or email is required'
  throw new ValidationFailed([{ in: 'body', path: '', code: 'required', detail }])
}

/** In a scope of its own: nothing but a login is sent as a form. */
const loginRoute: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(formbody)

  app.post(
    '/login',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'login',
        summary: 'Log in',
        description: 'Opens a session and returns its tokens.',
        tags: ['Sessions'],
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        body: Ref(Login),
        response: {
          200: ok(TokenPair, 'The session is open.'),
          ...refusal(401, 'Invalid credentials', 'No account has these credentials.'),
        },
      },
    },
    async (request) => {
      const { sessions } = request.backend
      return presentPair(
        await sessions.login(credentials(request.body), origin(request), { rotating: false }),
      )
    },
  )
}

const sessionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(loginRoute)

  app.post(
    '/refresh',
    {
      config: { access: 'refresh', limit: 'refresh', noStore: true, optionalBody: true },
      schema: {
        operationId: 'refresh',
        summary: 'Renew the access token',
        description:
          'Takes the refresh token as `refresh_token` in the body or as the Bearer token.',
        tags: ['Sessions'],
        body: OptionalBody(Ref(Refresh)),
        response: {
          200: ok(AccessToken, 'A new access token.'),
          ...refusal(401, 'Refresh token has expired', 'A valid refresh token is missing.'),
        },
      },
    },
    async (request) => {
      const { sessions } = request.backend
      return presentAccess(await sessions.refresh(principal(request)))
    },
  )

  for (const method of ['POST', 'DELETE'] as const)
    app.route({
      method,
      url: '/logout',
      config: { access: 'session', noStore: true, optionalBody: true },
      schema: {
        operationId: method === 'POST' ? 'logout' : 'endSession',
        summary: method === 'POST' ? 'Log out' : 'Log out (as a deletion)',
        description:
          'Ends the session of the access or refresh token. Both are refused from now on.',
        tags: ['Sessions'],
        body: OptionalBody(Nothing),
        response: { 200: ok(Message, 'The session has ended.') },
      },
      handler: async (request) => {
        await request.backend.sessions.logout(principal(request), origin(request))
        return { message: 'Successfully logged out' }
      },
    })
}

export default sessionRoutes
