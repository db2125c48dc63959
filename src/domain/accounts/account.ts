import { violatedUnique } from '../../db/store.ts'
import type { Status, Tables } from '../../db/tables.ts'
import type { Role } from '../actor.ts'
import { EmailTaken, UsernameTaken } from '../errors.ts'

export interface Account {
  id: number
  username: string
  email: string | undefined
  /** One that its owner has not confirmed: nobody logs in with it. */
  pendingEmail: string | undefined
  phone: string | undefined
  role: Role
  status: Status
  revision: number
  createdAt: Date
  updatedAt: Date
}
type Optional = 'email' | 'pendingEmail' | 'phone'
export type Row = Omit<Account, Optional> & Record<Optional, string | null>

/** What of a user's row leaves the table: never the hash. */
export const columnsOf = (users: Tables['users']) => ({
  id: users.id,
  username: users.username,
  email: users.email,
  pendingEmail: users.pendingEmail,
  phone: users.phone,
  role: users.role,
  status: users.status,
  revision: users.revision,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
})

export const toAccount = ({ email, pendingEmail, phone, ...row }: Row): Account => ({
  ...row,
  email: email ?? undefined,
  pendingEmail: pendingEmail ?? undefined,
  phone: phone ?? undefined,
})

/** A unique index that a write ran into, in the words of the contract. */
export function refuseTaken(error: unknown): never {
  const index = violatedUnique(error)
  if (index?.includes('users_username_key')) throw new UsernameTaken()
  if (index?.includes('users_email_key')) throw new EmailTaken()
  throw error
}
