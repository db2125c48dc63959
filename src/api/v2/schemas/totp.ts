import { Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const CODE = 'k5xq-7d2m-r3ha-6wzn'

/** Of the app, or a recovery code. */
export const otp = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 64,
    description: `${description} Spaces do not matter.`,
    examples: ['492039'],
  })

export const TotpOffer = Component(
  'TotpOffer',
  Type.Object({
    secret: Type.String({ description: 'The secret in base32, to type.', examples: [SECRET] }),
    otpauth_uri: Type.String({
      format: 'uri',
      description: 'The same for an app to read.',
      examples: [`otpauth://totp/Commonplace:alice?secret=${SECRET}&issuer=Commonplace`],
    }),
    qr_svg: Type.String({
      description: 'The URI as a QR code: an SVG image.',
      examples: ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>'],
    }),
  }),
  {
    description: 'A second factor that is not in force yet.',
    examples: [
      {
        secret: SECRET,
        otpauth_uri: `otpauth://totp/Commonplace:alice?secret=${SECRET}&issuer=Commonplace`,
        qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>',
      },
    ],
  },
)

export const TotpConfirmation = Component(
  'TotpConfirmation',
  Type.Object({ otp: otp('The code that the app shows now.') }, fields.closed),
  { description: 'Shows that the app has the secret.', examples: [{ otp: '492039' }] },
)

/** Not `RecoveryCodes`: a Python client calls the object it reads like its class, and would lose the member of that name. */
export const RecoveryCodeSet = Component(
  'RecoveryCodeSet',
  Type.Object({
    recovery_codes: Type.Array(
      Type.String({ description: 'One code, good once.', examples: [CODE] }),
      {
        minItems: 10,
        maxItems: 10,
        description: 'Each is good once, wherever an `otp` is. They are shown this once.',
      },
    ),
  }),
  {
    description: 'What lets in whoever has lost the app.',
    examples: [{ recovery_codes: Array.from({ length: 10 }, () => CODE) }],
  },
)
