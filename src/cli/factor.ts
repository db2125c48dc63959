import type { Command } from 'commander'
import { FactorAbsent } from '../base/credential-errors.ts'
import { accountOf } from './account.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { patiently } from './patience.ts'

/** Below `user`. */
export function addFactor(user: Command, { withBackend }: Context) {
  const factor = user.command('factor').description('help who cannot show their second factor')

  factor
    .command('remove')
    .description('take the second factor of an account away, and end all its sessions')
    .argument('<username>')
    .addHelpText(
      'after',
      `
For whoever has lost the app and the recovery codes. Find out first who asks: from now on the password alone lets in. A mail
tells the owner of the account.

Example:
  $ commonplace user factor remove bob`,
    )
    .action((username: string) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        await patiently(() => accounts.removeFactor(undefined, account.id)).catch(
          (error: unknown) => {
            throw error instanceof FactorAbsent
              ? new Failure(`${account.username} has no second factor.`)
              : error
          },
        )
        console.log(
          `${account.username} has no second factor any more, and all their sessions have ended.`,
        )
      }),
    )
}
