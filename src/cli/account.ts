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
