import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { Account as AccountRecord } from '../../../domain/accounts/account.ts'
import * as fields from '../../../base/fields.ts'
import { invitationToken } from '../../schemas/invitation-token.ts'
import { Component, reference } from '../../schemas/ref.ts'

/** Of one user there are two views, and an entity tag tells which: the whole account, or what everyone may see. */
export const ACCOUNT_VIEW = 'a'
export const PROFILE_VIEW = 'p'

const ALICE = { id: 7, username: 'alice', created_at: '2026-11-20T16:33:06.902Z' }
const PRIVATE = {
  email: 'alice@example.com',
  pending_email: null,
  undeliverable: null,
  phone: null,
  role: 'user' as const,
  status: 'active' as const,
  must_change_password: false,
  updated_at: '2026-11-20T16:33:06.902Z',
}

const status = (text: string) =>
  Type.Unsafe<'active' | 'suspended'>({
    type: 'string',
    enum: ['active', 'suspended'],
    description: text,
    examples: ['active'],
  })

const given = (text: string, example = true) =>
  Type.Boolean({ description: text, examples: [example] })

const profile = {
  id: fields.id('The id of the user.'),
  username: fields.username('The name of the user.'),
  created_at: fields.timestamp('When the user registered.'),
}
export const Undeliverable = Component(
  'Undeliverable',
  Type.Object({
    address: fields.email('The address that was refused.'),
    reply: Type.String({
      maxLength: 500,
      description: 'What the mail server said.',
      examples: ['550 5.1.1 no such mailbox'],
    }),
    at: fields.timestamp('When it first said so.'),
  }),
  {
    description:
      'An address that the mail server refused for good: mails to it are not tried again.',
    examples: [
      {
        address: 'alice@example.com',
        reply: '550 5.1.1 no such mailbox',
        at: '2026-11-20T16:33:06.902Z',
      },
    ],
  },
)

const rest = {
  email: Nullable(fields.email('The address of the account, null when it has none.')),
  pending_email: Nullable(
    fields.email('An address that its owner has yet to confirm: nobody logs in with it.'),
  ),
  undeliverable: Type.Unsafe<Static<typeof Undeliverable> | null>({
    anyOf: [reference(Undeliverable), { type: 'null' }],
    description:
      'That no mail reaches one of the two addresses; null while none was refused, and again once the address has changed, is confirmed or takes a mail.',
  }),
  phone: Nullable(fields.phone('The phone number of the account, null when it has none.')),
  role: fields.role('What the user may do beyond their own records.'),
  status: status('A suspended user cannot log in.'),
  must_change_password: given(
    'Whether the password is to be changed before anything else, as somebody else chose it.',
    false,
  ),
  updated_at: fields.timestamp('When the account last changed.'),
}

export const Account = Component('Account', Type.Object({ ...profile, ...rest }), {
  description: 'A user as they and admins see it.',
  examples: [{ ...ALICE, ...PRIVATE }],
})

export const User = Component(
  'User',
  Type.Object({ ...profile, ...Type.Partial(Type.Object(rest)).properties }),
  {
    description: 'What everyone may see of a user. Admins see the whole account.',
    examples: [ALICE],
  },
)

const name = fields.username(
  'The name to log in with: 3 to 32 letters and digits of any script, `.`, `_` and `-`; unique, whatever its case.',
)
const phone = fields.phone('A phone number.')

export const Registration = Component(
  'Registration',
  Type.Object(
    {
      username: name,
      password: fields.newPassword(
        '8 to 128 characters of any kind. Common passwords are refused, and ones equal to the username or the email.',
      ),
      email: Type.Optional(
        fields.email(
          'An email address: a name without quotes, an "@" and a host name, in Unicode or in ASCII. Until its owner confirms it, it is the `pending_email` of the account.',
        ),
      ),
      invitation: Type.Optional(invitationToken),
    },
    fields.closed,
  ),
  {
    description: 'A new account.',
    examples: [
      { username: 'alice', password: 'correct horse battery staple', email: 'alice@example.com' },
    ],
  },
)

export const AccountPatch = Component(
  'AccountPatch',
  Type.Object(
    {
      username: Type.Optional(name),
      email: Type.Optional(
        Nullable(
          fields.email(
            'The new address, kept as `pending_email` until its owner confirms it; null for none. Needs a fresh session.',
          ),
        ),
      ),
      phone: Type.Optional(
        Nullable({ ...phone, description: 'The new number, or null for none.' }),
      ),
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description: 'What to change of your account (RFC 7396): what is absent stays, null clears.',
    examples: [{ username: 'alice.b', phone: null }],
  },
)

const mustChange = given(
  'Whether the password is to be changed before anything else: true unless given, where there is a new password.',
)

export const UserCreate = Component(
  'UserCreate',
  Type.Object(
    {
      username: name,
      password: fields.newPassword('What the user logs in with first.'),
      email: Type.Optional(
        fields.email('An email address, kept as `pending_email` until its owner confirms it.'),
      ),
      phone: Type.Optional(phone),
      role: Type.Optional(fields.role('The role, `user` unless given.')),
      must_change_password: Type.Optional(mustChange),
    },
    fields.closed,
  ),
  {
    description: 'An account that an admin makes.',
    examples: [
      { username: 'alice', password: 'correct horse battery staple', email: 'alice@example.com' },
    ],
  },
)

export const UserPatch = Component(
  'UserPatch',
  Type.Object(
    {
      role: Type.Optional(fields.role('The new role, effective with the next request.')),
      status: Type.Optional(status('`suspended` ends all sessions of the user at once.')),
      email: Type.Optional(
        Nullable(
          fields.email(
            'The new address, kept as `pending_email` until its owner confirms it; null for none. Either way that of before ends at once.',
          ),
        ),
      ),
      password: Type.Optional(
        fields.newPassword('A new password, which ends all sessions. Not of your own account.'),
      ),
      must_change_password: Type.Optional(mustChange),
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description:
      'What an admin changes of a user (RFC 7396). All but `status` needs a fresh session.',
    examples: [{ role: 'moderator' }],
  },
)

export const presentProfile = ({
  id,
  username,
  createdAt,
}: AccountRecord): Static<typeof User> => ({
  id,
  username,
  created_at: createdAt.toISOString(),
})

export const presentAccount = (account: AccountRecord): Static<typeof Account> => ({
  id: account.id,
  username: account.username,
  created_at: account.createdAt.toISOString(),
  email: account.email ?? null,
  pending_email: account.pendingEmail ?? null,
  undeliverable: account.undeliverable
    ? { ...account.undeliverable, at: account.undeliverable.at.toISOString() }
    : null,
  phone: account.phone ?? null,
  role: account.role,
  status: account.status,
  must_change_password: account.passwordMustChange,
  updated_at: account.updatedAt.toISOString(),
})
