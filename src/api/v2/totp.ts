import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { renderSVG } from 'uqr'
import { OtpIncorrect } from '../../base/access-errors.ts'
import { FactorAbsent, FactorActive } from '../../base/credential-errors.ts'
import { actor } from '../plugins/caller.ts'
import { created, noContent, ok, Ref } from '../schemas/ref.ts'
import { problems } from './schemas/problems.ts'
import { RecoveryCodeSet, TotpConfirmation, TotpOffer } from './schemas/totp.ts'

const TAGS = ['Second factor']

const totpRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/totp',
    {
      config: { fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'beginTotp',
        summary: 'Offer a second factor',
        description:
          'Makes a secret for an authenticator app (RFC 6238). It asks for nothing until its first code confirms it; an earlier offer ends. Needs a fresh session.',
        tags: TAGS,
        response: {
          201: created(TotpOffer, 'The secret, shown this once.'),
          ...problems(new FactorActive()),
        },
      },
    },
    async (request, reply) => {
      const { secret, uri } = await request.backend.secondFactor.begin(actor(request))
      reply.code(201).header('location', `${app.prefix}/totp`)
      return { secret, otpauth_uri: uri, qr_svg: renderSVG(uri, { border: 2 }) }
    },
  )

  app.post(
    '/totp/confirm',
    {
      config: { fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'confirmTotp',
        summary: 'Confirm the second factor',
        description:
          'From now on every login needs a one-time password of the app, or a recovery code. Needs a fresh session.',
        tags: TAGS,
        body: Ref(TotpConfirmation),
        response: {
          200: ok(RecoveryCodeSet, 'The recovery codes, shown this once.'),
          ...problems(new OtpIncorrect(), new FactorActive(), new FactorAbsent()),
        },
      },
    },
    async (request) => {
      const codes = await request.backend.secondFactor.confirm(actor(request), request.body.otp)
      return { recovery_codes: codes }
    },
  )

  app.delete(
    '/totp',
    {
      config: { fresh: true },
      schema: {
        operationId: 'deleteTotp',
        summary: 'Remove the second factor',
        description: 'The recovery codes go with it. Needs a fresh session.',
        tags: TAGS,
        response: { 204: noContent('It is gone.'), ...problems(new FactorAbsent()) },
      },
    },
    async (request, reply) => {
      await request.backend.secondFactor.remove(actor(request))
      return reply.code(204).send()
    },
  )

  app.post(
    '/recovery-codes',
    {
      config: { fresh: true, limit: 'auth', noStore: true },
      schema: {
        operationId: 'renewRecoveryCodes',
        summary: 'Make new recovery codes',
        description: 'Those of before are not good any more. Needs a fresh session.',
        tags: TAGS,
        response: {
          200: ok(RecoveryCodeSet, 'The recovery codes, shown this once.'),
          ...problems(new FactorAbsent()),
        },
      },
    },
    async (request) => ({
      recovery_codes: await request.backend.secondFactor.renewCodes(actor(request)),
    }),
  )
}

export default totpRoutes
