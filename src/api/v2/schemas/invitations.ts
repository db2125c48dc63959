import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { Invitation as Record } from '../../../domain/accounts/invitations.ts'
import * as fields from '../../../base/fields.ts'
import { INVITATION, invitationToken } from '../../schemas/invitation-token.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const EXAMPLE = {
  id: 42,
  email: 'alice@example.com',
  role: 'user' as const,
  mailed: true,
  created_by: 7,
  created_at: '2026-11-20T16:33:06.902Z',
  expires_at: '2026-11-27T16:33:06.902Z',
}
const members = {
  id: fields.id('The id of the invitation.'),
  email: Nullable(fields.email('Whose it is, null when it is for whoever has the token.')),
  role: fields.role('The role of the account that is made with it.'),
  mailed: Type.Boolean({
    description:
      'Whether the token was mailed to that address, and is known to nobody else: then the address is confirmed by its use.',
  }),
  created_by: Nullable(fields.id('The admin who invites, null for an operator.')),
  created_at: fields.timestamp('When it was made.'),
  expires_at: fields.timestamp('When it ends: 7 days later.'),
}

export const Invitation = Component('Invitation', Type.Object(members), {
  description: 'An invitation to make an account that is open still, without its token.',
  examples: [EXAMPLE],
})

export const IssuedInvitation = Component(
  'IssuedInvitation',
  Type.Object({
    ...members,
    token: Nullable({
      ...invitationToken,
      description: 'What to register with, shown this once; null when it was mailed.',
    }),
  }),
  {
    description: 'A new invitation.',
    examples: [{ ...EXAMPLE, email: null, mailed: false, token: INVITATION }],
  },
)

export const InvitationCreate = Component(
  'InvitationCreate',
  Type.Object(
    {
      email: Type.Optional(
        fields.email('Who is invited. An earlier invitation of the same address ends.'),
      ),
      role: Type.Optional(fields.role('The role of the account, `user` unless given.')),
    },
    fields.closed,
  ),
  { description: 'Whom to invite.', examples: [{ email: EXAMPLE.email, role: EXAMPLE.role }] },
)

export const InvitationList = Component(
  'InvitationList',
  Type.Object({
    data: Type.Array(Ref(Invitation), { maxItems: 500, description: 'At most 500.' }),
  }),
  { description: 'The invitations that are open.', examples: [{ data: [EXAMPLE] }] },
)

export const presentInvitation = (invitation: Record): Static<typeof Invitation> => ({
  id: invitation.id,
  email: invitation.email ?? null,
  role: invitation.role,
  mailed: invitation.mailed,
  created_by: invitation.createdBy ?? null,
  created_at: invitation.createdAt.toISOString(),
  expires_at: invitation.expiresAt.toISOString(),
})
