import { Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

const TOKEN = 'mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE'
const token = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'The token of the mail: what follows `#` in its link.',
  examples: [TOKEN],
})

export const EmailVerification = Component(
  'EmailVerification',
  Type.Object({ token }, fields.closed),
  { description: 'Shows that an address is read.', examples: [{ token: TOKEN }] },
)

export const PasswordForgotten = Component(
  'PasswordForgotten',
  Type.Object({ email: fields.email('The address of the account.') }, fields.closed),
  { description: 'Whose password is forgotten.', examples: [{ email: 'alice@example.com' }] },
)

export const PasswordReset = Component(
  'PasswordReset',
  Type.Object({ token, new_password: fields.newPassword('The new password.') }, fields.closed),
  {
    description: 'A new password for whoever got the mail.',
    examples: [{ token: TOKEN, new_password: 'a quiet place to write' }],
  },
)
