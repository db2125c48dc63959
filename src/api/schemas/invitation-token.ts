import { Type } from '../../base/schema.ts'

export const INVITATION = 'mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE'

export const invitationToken = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'The token of an invitation: what follows `#` in its link.',
  examples: [INVITATION],
})
