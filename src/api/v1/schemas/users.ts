import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { Account as AccountRecord } from '../../../domain/accounts/account.ts'
import * as fields from '../../../base/fields.ts'
import { invitationToken } from '../../schemas/invitation-token.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { closed } from '../../../base/fields.ts'

const ALICE = { id: 7, username: 'alice', created_at: '2026-11-20T16:33:06.902Z' }

const profile = {
  id: fields.id('The id of the user.'),
  username: fields.username('The name of the user.'),
  created_at: fields.timestamp('When the user registered.'),
}

export const User = Component('User', Type.Object(profile), {
  description: 'What everyone may see of a user.',
  examples: [ALICE],
})

export const UserList = Component('UserList', Type.Object({ users: Type.Array(Ref(User)) }), {
  description: 'One page of users, in the order of their ids.',
  examples: [{ users: [ALICE] }],
})

export const Account = Component(
  'Account',
  Type.Object({
    ...profile,
    email: Nullable(fields.email('The address of the account, null when it has none.')),
    phone: Nullable(fields.phone('The phone number of the account, null when it has none.')),
    role: fields.role('What the user may do beyond their own records.'),
    updated_at: fields.timestamp('When the account last changed.'),
  }),
  {
    description: 'A user as they and admins see it.',
    examples: [
      {
        ...ALICE,
        email: 'alice@example.com',
        phone: null,
        role: 'user',
        updated_at: '2026-11-20T16:33:06.902Z',
      },
    ],
  },
)

const name = fields.username(
  'The name to log in with: 3 to 32 letters and digits of any script, `.`, `_` and `-`; unique, whatever its case.',
)
const email = fields.email(
  'An email address: a name without quotes, an "@" and a host name, in Unicode or in ASCII. Unique, whatever its case.',
)
const phone = fields.phone('A phone number.')

export const UserCreate = Component(
  'UserCreate',
  Type.Object(
    {
      username: name,
      password: fields.newPassword(
        '8 to 128 characters of any kind. Common passwords are refused, and ones equal to the username or the email.',
      ),
      email: Type.Optional(email),
      phone: Type.Optional(phone),
      invitation: Type.Optional(invitationToken),
    },
    closed,
  ),
  {
    description: 'A new account.',
    examples: [
      {
        username: 'alice',
        password: 'correct horse battery staple',
        email: 'alice@example.com',
      },
    ],
  },
)

export const UserUpdate = Component(
  'UserUpdate',
  Type.Object(
    {
      username: Type.Optional(name),
      email: Type.Optional(
        Nullable({ ...email, description: 'The new address, or null for none.' }),
      ),
      phone: Type.Optional(
        Nullable({ ...phone, description: 'The new number, or null for none.' }),
      ),
    },
    { ...closed, minProperties: 1 },
  ),
  {
    description: 'What to change of an account. What is absent stays as it is.',
    examples: [{ email: 'alice@example.org', phone: null }],
  },
)

export const presentUser = ({ id, username, createdAt }: AccountRecord): Static<typeof User> => ({
  id,
  username,
  created_at: createdAt.toISOString(),
})

export const presentAccount = (account: AccountRecord): Static<typeof Account> => ({
  ...presentUser(account),
  email: account.email ?? null,
  phone: account.phone ?? null,
  role: account.role,
  updated_at: account.updatedAt.toISOString(),
})
