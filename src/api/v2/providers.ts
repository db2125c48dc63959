import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../config/schema.ts'
import {
  CsrfFailed,
  DomainNotAllowed,
  InvitationRequired,
  OtpInvalid,
  OtpRequired,
  RegistrationClosed,
} from '../../base/access-errors.ts'
import {
  AccountSuspended,
  InvitationInvalid,
  LinkInvalid,
  ProviderUnavailable,
  StateMismatch,
} from '../../base/credential-errors.ts'
import { EmailTaken, NotFound, TooManyAttempts } from '../../base/errors.ts'
import { origin } from '../plugins/caller.ts'
import { ok, redirected, Ref } from '../schemas/ref.ts'
import { checkTransport, hand } from './hand-over.ts'
import { problems } from './schemas/problems.ts'
import * as schemas from './schemas/providers.ts'
import { LoginReply } from './schemas/sessions.ts'
import { signInCookie } from './sign-in-cookie.ts'

const TAGS = ['Providers']

/** What somebody may hear whom no account belongs to yet. */
const NEWCOMERS = [
  new RegistrationClosed(),
  new InvitationRequired(),
  new DomainNotAllowed(),
  new InvitationInvalid(),
  new EmailTaken(),
]

/** Signing in through a provider of OpenID Connect. */
const providerRoutes: FastifyPluginAsyncTypebox<Pick<Config, 'publicUrl' | 'corsOrigins'>> = async (
  app,
  { publicUrl, corsOrigins },
) => {
  const origins = [new URL(publicUrl).origin, ...corsOrigins]
  const cookie = signInCookie({ publicUrl })

  app.get(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listProviders',
        summary: 'List the providers',
        description: 'With whom people can sign in beside a password: what buttons need.',
        tags: TAGS,
        response: { 200: ok(schemas.ProviderList, 'All of them.') },
      },
    },
    async (request) => ({
      data: request.backend.signIn.list().map(({ name, label }) => ({
        name,
        label,
        start_url: `${publicUrl}${app.prefix}/${name}/start`,
      })),
    }),
  )

  app.get(
    '/:name/start',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'startSignIn',
        summary: 'Go to a provider',
        description:
          'Where a browser navigates to, to sign in or to link an identity: it goes on to the provider, and what follows is bound to this browser by a cookie. A new start ends the one before.',
        tags: TAGS,
        params: schemas.ProviderParams,
        querystring: schemas.SignInStart,
        response: {
          302: redirected('The browser goes to the provider.', ['Set-Cookie']),
          ...problems(new NotFound('Provider'), new ProviderUnavailable()),
        },
      },
    },
    async (request, reply) => {
      const { redirect_to: redirectTo, code_challenge: codeChallenge } = request.query
      const { signIn } = request.backend
      const { url, flow } = await signIn.start(request.params.name, { redirectTo, codeChallenge })
      cookie.set(reply, flow)
      return reply.redirect(url, 302)
    },
  )

  app.get(
    '/:name/callback',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'finishSignIn',
        summary: 'Come back from a provider',
        description:
          'Where the provider sends the browser. It goes on to `redirect_to` with `code`, which is good once within 60 seconds, or with `error`: `access_denied` (the person or the provider said no), `provider_unavailable` (the provider does not answer) or `sign_in_failed` (what it answered is not acceptable).',
        tags: TAGS,
        params: schemas.ProviderParams,
        querystring: schemas.SignInReturn,
        response: {
          302: redirected('The browser goes on to the page that began.', ['Set-Cookie']),
          ...problems(new NotFound('Provider'), new StateMismatch()),
        },
      },
    },
    async (request, reply) => {
      const [, query = ''] = request.url.split(/\?(.*)/s)
      const { signIn } = request.backend
      const url = await signIn.arrive(request.params.name, cookie.read(request), query)
      // Not before: whoever is sent here by somebody else goes on with what they had begun.
      cookie.clear(reply)
      return reply.redirect(url, 302)
    },
  )

  app.post(
    '/:name/token',
    {
      config: { access: 'public', limit: 'auth', noStore: true },
      schema: {
        operationId: 'loginByProvider',
        summary: 'Log in with the code of a sign-in',
        description:
          'Opens a session, as a login does: in the account that is linked to whoever signed in, in the one whose confirmed email address the provider has verified (which links it), or in a new one, where the operator lets people register (`invitation` is the token of an invitation, for somebody new). A second factor of the account is asked for; until then the code stays good.',
        tags: TAGS,
        params: schemas.ProviderParams,
        body: Ref(schemas.ProviderLogin),
        response: {
          200: ok(LoginReply, 'The session is open.', ['Set-Cookie']),
          ...problems(
            new OtpRequired(),
            new OtpInvalid(),
            new AccountSuspended(),
            ...NEWCOMERS,
            new NotFound('Provider'),
            new CsrfFailed('Cookies are for pages on the same site as the API'),
            new LinkInvalid(),
            new TooManyAttempts(1),
          ),
        },
      },
    },
    async (request, reply) => {
      const { transport = 'body', ...credentials } = request.body
      await checkTransport(request, transport, origins)
      const pair = await request.backend.sessions.loginByProvider(
        { provider: request.params.name, ...credentials },
        origin(request),
      )
      return hand(request, reply, pair, transport)
    },
  )
}

export default providerRoutes
