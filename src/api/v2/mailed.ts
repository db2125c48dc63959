import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { LinkInvalid, MailUnavailable } from '../../base/credential-errors.ts'
import { actor, origin } from '../plugins/caller.ts'
import { accepted, noContent, Ref } from '../schemas/ref.ts'
import { EmailVerification, PasswordForgotten, PasswordReset } from './schemas/mailed.ts'
import { problems } from './schemas/problems.ts'

const TAGS = ['Authentication']

/** @throws MailUnavailable */
function needsMail({ backend }: FastifyRequest) {
  if (!backend.outbox.available) throw new MailUnavailable()
}

/** What begins or ends in a mail. */
const mailedRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/email/verify',
    {
      config: { access: 'public', limit: 'auth' },
      schema: {
        operationId: 'verifyEmail',
        summary: 'Confirm an email address',
        description:
          'Spends the token of a mail: the address belongs to the account from now on, and logs it in. An account that had the address without confirming it loses it.',
        tags: TAGS,
        body: Ref(EmailVerification),
        response: {
          204: noContent('The address is confirmed.'),
          ...problems(new LinkInvalid()),
        },
      },
    },
    async (request, reply) => {
      const { emails } = request.backend.accounts
      await emails.verify(request.body.token, origin(request))
      return reply.code(204).send()
    },
  )

  app.post(
    '/email/resend',
    {
      config: { limit: 'auth', despite: ['email'] },
      schema: {
        operationId: 'resendEmail',
        summary: 'Ask for another confirmation mail',
        description:
          'Mails a new token to the address that is not confirmed yet, at most once a minute: before that it is 429. Three are good at a time, and one that is used ends the others. Nothing happens when there is no such address.',
        tags: TAGS,
        response: {
          202: accepted('If there is an address to confirm, a mail is on its way.'),
          ...problems(new MailUnavailable()),
        },
      },
    },
    async (request, reply) => {
      needsMail(request)
      await request.backend.accounts.emails.resend(actor(request))
      return reply.code(202).send()
    },
  )

  app.post(
    '/password/forgot',
    {
      config: { access: 'public', limit: 'auth' },
      schema: {
        operationId: 'forgotPassword',
        summary: 'Ask for a new password',
        description:
          'Mails a token to the address if an account has it. What is asked for within a minute is sent when it is over, and no link that is still good ends: while three are, the next waits. The reply is the same for all addresses.',
        tags: TAGS,
        body: Ref(PasswordForgotten),
        response: {
          202: accepted('If an account has this address, a mail is on its way.'),
          ...problems(new MailUnavailable()),
        },
      },
    },
    async (request, reply) => {
      needsMail(request)
      await request.backend.accounts.passwordReset.forget(request.body.email)
      return reply.code(202).send()
    },
  )

  app.post(
    '/password/reset',
    {
      config: { access: 'public', limit: 'auth' },
      schema: {
        operationId: 'resetPassword',
        summary: 'Set a new password with a token',
        description:
          'Spends the token of a mail, which is good for 30 minutes, and ends what somebody else may have set going: all sessions, API keys, links of mails and exports, an address and a second factor that wait to be confirmed, and linked sign-ins, but for the one that the account came of. A second factor that is confirmed stays. A password that is refused leaves the token good.',
        tags: TAGS,
        body: Ref(PasswordReset),
        response: {
          204: noContent('The new password is in force.'),
          ...problems(new LinkInvalid()),
        },
      },
    },
    async (request, reply) => {
      const { token, new_password: password } = request.body
      const { passwordReset } = request.backend.accounts
      await passwordReset.reset(token, password, origin(request))
      return reply.code(204).send()
    },
  )
}

export default mailedRoutes
