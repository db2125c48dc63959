import { type Command, Option } from 'commander'
import type { Invitation } from '../domain/accounts/invitations.ts'
import type { Role } from '../base/actor.ts'
import { NotFound } from '../base/errors.ts'
import { tellHolder } from './account.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { patiently } from './patience.ts'
import { table } from './table.ts'
import { whole } from './whole-number.ts'

const ROLES = ['user', 'moderator', 'admin'] as const satisfies Role[]

export function addInvitations(program: Command, { config, withBackend }: Context) {
  const invite = program.command('invite').description('let somebody make an account')

  invite
    .command('create')
    .description('make an invitation, which is good once, for 7 days')
    .addOption(new Option('--role <role>', 'of the account').choices(ROLES).default('user'))
    .option('--email <address>', 'whose it is: it is mailed to them, where mail is set up')
    .addHelpText(
      'after',
      `
What is mailed confirms its address by being used; a server that runs hands it over. Otherwise the link is shown, this once.

Examples:
  $ commonplace invite create --email alice@example.com
  $ commonplace invite create --role moderator`,
    )
    .action(({ role, email }: { role: Role; email?: string }) =>
      withBackend(async ({ accounts, invitations }) => {
        const { publicUrl } = await config()
        const { id, token, expiresAt } = await patiently(() => invitations.create({ role, email }))
        const until = `Invitation ${id} is good until ${expiresAt.toISOString()}`
        if (token === undefined) console.log(`${until} and will be mailed to ${email}.`)
        else console.log(`${until}:\n${publicUrl}/i#${token}`)
        if (email !== undefined) await tellHolder(accounts, email)
      }),
    )

  invite
    .command('list')
    .description('list the invitations that are open, oldest first')
    .option('--json', 'as a JSON array')
    .addHelpText('after', '\nExample:\n  $ commonplace invite list')
    .action(({ json }: { json?: true }) =>
      withBackend(async ({ invitations }) => {
        const rows = (await invitations.list()).map(present)
        if (json) console.log(JSON.stringify(rows, undefined, 2))
        else console.log(rows.length > 0 ? table(rows) : 'There is no open invitation.')
      }),
    )

  invite
    .command('revoke')
    .description('end an invitation: nobody registers with it any more')
    .argument('<id>', 'as `invite list` shows it', whole(1, 2 ** 31 - 1))
    .addHelpText('after', '\nExample:\n  $ commonplace invite revoke 7')
    .action((id: number) =>
      withBackend(async ({ invitations }) => {
        await patiently(() => invitations.revoke(id)).catch((error: unknown) => {
          throw error instanceof NotFound
            ? new Failure(`There is no open invitation ${id}.`)
            : error
        })
        console.log(`Invitation ${id} is revoked.`)
      }),
    )
}

function present({ id, email, role, createdBy, createdAt, expiresAt }: Invitation) {
  return {
    id,
    role,
    email: email ?? null,
    created_by: createdBy ?? null,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  }
}
