import { violatedUnique } from '../../db/store.ts'
import type { Status, Tables } from '../../db/schema/tables.ts'
import type { Role } from '../../base/actor.ts'
import { EmailTaken, UsernameTaken } from '../../base/errors.ts'

export interface Account {
  id: number
  username: string
  email: string | undefined
  /** One that its owner has not confirmed: nobody logs in with it. */
  pendingEmail: string | undefined
  /** That the mail server takes no mail to one of the two. */
  undeliverable: { address: string; reply: string; at: Date } | undefined
  /** When its owner confirmed the address; undefined while nobody has. */
  emailVerifiedAt: Date | undefined
  phone: string | undefined
  role: Role
  status: Status
  /** Whether the password is to be changed before anything else. */
  passwordMustChange: boolean
  revision: number
  createdAt: Date
  updatedAt: Date
}
type Optional = 'email' | 'pendingEmail' | 'phone'
export type Row = Omit<Account, Optional | 'undeliverable' | 'emailVerifiedAt'> &
  Record<Optional | 'undeliverableEmail' | 'undeliverableReply', string | null> &
  Record<'undeliverableAt' | 'emailVerifiedAt', Date | null>

/** What of a user's row leaves the table: never the hash. */
export const columnsOf = (users: Tables['users']) => ({
  id: users.id,
  username: users.username,
  email: users.email,
  pendingEmail: users.pendingEmail,
  undeliverableEmail: users.undeliverableEmail,
  undeliverableReply: users.undeliverableReply,
  undeliverableAt: users.undeliverableAt,
  emailVerifiedAt: users.emailVerifiedAt,
  phone: users.phone,
  role: users.role,
  status: users.status,
  passwordMustChange: users.passwordMustChange,
  revision: users.revision,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
})

export const toAccount = ({
  email,
  pendingEmail,
  undeliverableEmail: address,
  undeliverableReply: reply,
  undeliverableAt: at,
  emailVerifiedAt,
  phone,
  ...row
}: Row): Account => ({
  ...row,
  email: email ?? undefined,
  pendingEmail: pendingEmail ?? undefined,
  // It was of an address, and says nothing of another.
  undeliverable:
    address !== null && reply !== null && at !== null && [email, pendingEmail].includes(address)
      ? { address, reply, at }
      : undefined,
  emailVerifiedAt: emailVerifiedAt ?? undefined,
  phone: phone ?? undefined,
})

/** A unique index that a write ran into, in the words of the contract. */
export function refuseTaken(error: unknown): never {
  const index = violatedUnique(error)
  if (index?.includes('users_username_key')) throw new UsernameTaken()
  if (index?.includes('users_email_key')) throw new EmailTaken()
  throw error
}
