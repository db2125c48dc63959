import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../config/schema.ts'
import {
  InvalidCredentials,
  InvitationRequired,
  OtpIncorrect,
  OtpInvalid,
  OtpRequired,
  RefreshTokenReused,
  RegistrationClosed,
} from '../../base/access-errors.ts'
import { CsrfFailed, PasswordIncorrect } from '../../base/access-errors.ts'
import { InvitationInvalid, PasswordAbsent } from '../../base/credential-errors.ts'
import { EmailTaken, TooManyAttempts, UsernameTaken, ValidationFailed } from '../../base/errors.ts'
import { actor, origin, principal } from '../plugins/caller.ts'
import { csrfToken } from '../plugins/csrf.ts'
import { created, noContent, ok, OptionalBody, Ref } from '../schemas/ref.ts'
import { deviceCookie } from './device-cookie.ts'
import { checkTransport, hand } from './hand-over.ts'
import { problems } from './schemas/problems.ts'
import * as schemas from './schemas/sessions.ts'
import { Account, presentAccount, Registration } from './schemas/users.ts'

const TAGS = ['Authentication']

const authRoutes: FastifyPluginAsyncTypebox<Pick<Config, 'publicUrl' | 'corsOrigins'>> = async (
  app,
  { publicUrl, corsOrigins },
) => {
  const origins = [new URL(publicUrl).origin, ...corsOrigins]
  const device = deviceCookie({ publicUrl })

  app.post(
    '/register',
    {
      config: { access: 'public', limit: 'register', noStore: true },
      schema: {
        operationId: 'register',
        summary: 'Register',
        description:
          'Creates an account, where the operator lets everyone register, or those who have an invitation. An email address is kept for its owner to confirm; the reply does not tell whether another account has it. An address that was invited by mail is confirmed at once.',
        tags: TAGS,
        body: Ref(Registration),
        response: {
          201: created(Account, 'The new account.'),
          ...problems(
            new RegistrationClosed(),
            new InvitationRequired(),
            new UsernameTaken(),
            new EmailTaken(),
            new InvitationInvalid(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { accounts } = request.backend
      const account = await accounts.signUp(request.body, {
        origin: origin(request),
        emailPending: true,
      })
      reply.code(201).header('location', `/api/v2/users/${account.id}`)
      return presentAccount(account)
    },
  )

  app.post(
    '/login',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'login',
        summary: 'Log in',
        description:
          'Opens a session. A user has at most 100: one more ends the one that was used least recently. Over https it leaves a cookie that no script can read and that lets nobody in: a login from a browser that has it, or from a network that the account knows, does not wait for what strangers do to the account.',
        tags: TAGS,
        body: Ref(schemas.Login),
        response: {
          200: ok(schemas.LoginReply, 'The session is open.', ['Set-Cookie']),
          ...problems(
            new InvalidCredentials(),
            new OtpRequired(),
            new OtpInvalid(),
            new CsrfFailed('Cookies are for pages on the same site as the API'),
            new TooManyAttempts(1),
          ),
        },
      },
    },
    async (request, reply) => {
      const { identifier, password, otp, transport = 'body' } = request.body
      await checkTransport(request, transport, origins)
      const name = identifier.includes('@') ? { email: identifier } : { username: identifier }
      const { sessions } = request.backend
      const credentials = { ...name, password, otp, deviceMark: device.read(request) }
      const { deviceMark, ...pair } = await sessions.login(credentials, origin(request), {
        rotating: true,
      })
      device.set(reply, deviceMark)
      return hand(request, reply, pair, transport)
    },
  )

  app.post(
    '/refresh',
    {
      config: { access: 'rotation', limit: 'refresh', noStore: true, optionalBody: true },
      schema: {
        operationId: 'refresh',
        summary: 'Refresh',
        description:
          'Spends the refresh token for a new pair. Used again within 10 seconds, while its successor is unspent, it gives the same pair; used again in any other case it ends the session, because somebody else may have it. Tokens that came in a cookie are answered in cookies.',
        tags: TAGS,
        body: OptionalBody(Ref(schemas.Refresh)),
        response: {
          200: ok(schemas.LoginReply, 'The next pair of tokens.', ['Set-Cookie']),
          ...problems(new RefreshTokenReused()),
        },
      },
    },
    async (request, reply) => {
      const pair = await request.backend.sessions.rotate(principal(request), origin(request))
      return hand(request, reply, pair, request.byCookie ? 'cookie' : 'body')
    },
  )

  app.get(
    '/csrf',
    {
      config: { access: 'session' },
      schema: {
        operationId: 'getCsrfToken',
        summary: 'Read the CSRF token',
        description: 'The CSRF token of the session, for a page that was loaded again.',
        tags: TAGS,
        response: { 200: ok(schemas.CsrfTokenReply, 'The token.') },
      },
    },
    async (request) => ({ csrf_token: csrfToken(request, principal(request).sessionId) }),
  )

  app.post(
    '/logout',
    {
      config: { access: 'session', optionalBody: true },
      schema: {
        operationId: 'logout',
        summary: 'Log out',
        description:
          'Ends this session, the others, or all: their tokens are refused from now on. Either token of the session will do.',
        tags: TAGS,
        body: OptionalBody(Ref(schemas.Logout)),
        response: { 204: noContent('Those sessions have ended.', ['Set-Cookie']) },
      },
    },
    async (request, reply) => {
      const scope = request.body?.scope ?? 'this'
      await request.backend.sessions.logout(principal(request), origin(request), scope)
      if (request.byCookie && scope !== 'others') reply.clearTokens()
      return reply.code(204).send()
    },
  )

  app.post(
    '/reauthenticate',
    {
      config: { limit: 'auth' },
      schema: {
        operationId: 'reauthenticate',
        summary: 'Confirm who you are',
        description:
          'Makes the session fresh for 15 minutes. It asks for what a login asks for: the password, and a one-time password where the account has a second factor. A wrong one counts as a failed login. Whoever has no password signs in with their provider again.',
        tags: TAGS,
        body: Ref(schemas.Reauthentication),
        response: {
          204: noContent('The session is fresh.'),
          ...problems(
            new PasswordIncorrect(),
            new OtpIncorrect(),
            new OtpRequired(),
            new PasswordAbsent(),
            new TooManyAttempts(1),
          ),
        },
      },
    },
    async (request, reply) => {
      const { confirm, sessions } = request.backend
      const caller = actor(request)
      const { password, otp } = request.body
      if (password === undefined) throw passwordMissing()
      const settle = await confirm(caller, { password, otp }, 'reauthenticate')
      await sessions.own.confirm(caller, settle)
      return reply.code(204).send()
    },
  )

  app.post(
    '/password/change',
    {
      config: { limit: 'auth', despite: ['password', 'email'] },
      schema: {
        operationId: 'changePassword',
        summary: 'Change your password',
        description:
          'Ends all other sessions, an address that waits to be confirmed, and every link that was mailed or leads to an export; with `revoke: ["api_keys"]` the API keys, too. It asks for what a login asks for: the password until now, and a one-time password where the account has a second factor. A wrong one counts as a failed login.',
        tags: TAGS,
        body: Ref(schemas.PasswordChange),
        response: {
          204: noContent('The new password is in force.'),
          ...problems(
            new PasswordIncorrect(),
            new OtpIncorrect(),
            new OtpRequired(),
            new PasswordAbsent(),
            new TooManyAttempts(1),
          ),
        },
      },
    },
    async (request, reply) => {
      const {
        current_password: currentPassword,
        new_password: newPassword,
        otp,
        revoke,
      } = request.body
      await request.backend.accounts.changePassword(actor(request), {
        currentPassword,
        newPassword,
        otp,
        endsKeys: revoke?.includes('api_keys') === true,
      })
      return reply.code(204).send()
    },
  )
}

function passwordMissing() {
  const detail = 'password is required: a one-time password alone is less than a login asks for'
  return new ValidationFailed([{ in: 'body', path: '/password', code: 'required', detail }])
}

export default authRoutes
