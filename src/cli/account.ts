import type { Account } from '../domain/accounts/account.ts'
import type { Accounts } from '../domain/accounts/accounts.ts'
import { LastAdmin, NotFound } from '../base/errors.ts'
import { Failure } from './failure.ts'

/** The account that an operator names. @throws Failure */
export async function accountOf(accounts: Accounts, username: string): Promise<Account> {
  return accounts.findByName(username).catch((error: unknown) => {
    throw error instanceof NotFound ? new Failure(`There is no user ${username}.`) : error
  })
}

/** For what may take the last admin away: tells an operator that it can be done all the same. @throws Failure */
export async function orForced<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof LastAdmin ? new Failure(`${error.message}, or use --force.`) : error
  })
}

/** Says whose an address is already, when it is another account's. @param username of the account that it was given to, if any */
export async function tellHolder(accounts: Accounts, email: string, username?: string) {
  const holder = await accounts.holderOf(email)
  if (!holder || holder.username === username) return
  console.log(
    holder.emailVerifiedAt
      ? `But ${email} is the confirmed address of ${holder.username}: no other account can have it.`
      : `But ${email} is the address of ${holder.username} too, unconfirmed: whoever confirms it first has it.`,
  )
}
