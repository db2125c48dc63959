import type { Command } from 'commander'
import type { Account } from '../domain/accounts/account.ts'
import type { Force } from '../domain/accounts/accounts.ts'
import type { OpenSession } from '../domain/sessions/own-sessions.ts'
import { accountOf, orForced, tellHolder } from './account.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { patiently } from './patience.ts'
import { table } from './table.ts'

/** What is done with one account. */
export function addUserDetails(user: Command, { withBackend }: Context) {
  user
    .command('show')
    .description('show what is known of an account')
    .argument('<username>')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ commonplace user show bob')
    .action((username: string, { json }: { json?: true }) =>
      withBackend(async ({ accounts }) => {
        const shown = presentWhole(await accountOf(accounts, username))
        if (json) console.log(JSON.stringify(shown, undefined, 2))
        else
          for (const [name, value] of Object.entries({ ...shown, undeliverable: refusal(shown) }))
            console.log(`${name.replaceAll('_', ' ')}: ${value ?? '-'}`)
      }),
    )

  user
    .command('email')
    .description('give an account another email address, which waits for its owner to confirm it')
    .argument('<username>')
    .argument('[address]')
    .option('--none', 'take its addresses away')
    .addHelpText(
      'after',
      '\nA server that runs mails the link, where mail is set up. The address of before ends at once: nobody gets back in by it. A new password (user password) comes first: it ends an address that waits.\n\nExample:\n  $ commonplace user email bob bob@example.org',
    )
    .action((username: string, address: string | undefined, { none }: { none?: true }) =>
      withBackend(async ({ accounts }) => {
        if ((address === undefined) === (none === undefined))
          throw new Failure('Give an address, or --none.')
        const { id } = await accountOf(accounts, username)
        const account = await patiently(() => accounts.setEmail(id, address ?? null))
        console.log(
          account.pendingEmail === undefined
            ? `${account.username} has ${account.email ? `the address ${account.email}` : 'no email address'} now.`
            : `${account.username} has to confirm ${account.pendingEmail} first.`,
        )
        if (account.pendingEmail !== undefined)
          await tellHolder(accounts, account.pendingEmail, account.username)
      }),
    )

  user
    .command('sessions')
    .description('list where an account is logged in, or end all its sessions')
    .argument('<username>')
    .option('--end', 'end all of them')
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  $ commonplace user sessions bob\n  $ commonplace user sessions bob --end',
    )
    .action((username: string, { end, json }: { end?: true; json?: true }) =>
      withBackend(async ({ accounts, sessions, store }) => {
        const account = await accountOf(accounts, username)
        if (end) {
          await patiently(() => store.transaction((tx) => sessions.endAll(tx, account.id)))
          return console.log(`All sessions of ${account.username} have ended.`)
        }
        const rows = (await sessions.own.list({ id: account.id })).map(presentSession)
        if (json) console.log(JSON.stringify(rows, undefined, 2))
        else console.log(rows.length > 0 ? table(rows) : `${account.username} has no session.`)
      }),
    )

  user
    .command('delete')
    .description('delete an account with everything that it owns')
    .argument('<username>')
    .option('--yes', 'do it: nothing brings it back but a backup')
    .option('--force', 'even if no active admin is left')
    .addHelpText('after', '\nExample:\n  $ commonplace user delete bob --yes')
    .action((username: string, { yes, ...options }: { yes?: true } & Force) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        if (!yes)
          throw new Failure(
            `Nothing was deleted: say --yes to delete ${account.username} (id ${account.id}) and everything it owns.`,
          )
        await orForced(patiently(() => accounts.removeById(account.id, options)))
        console.log(`${account.username} is deleted, with everything it owned.`)
      }),
    )
}

function presentWhole(account: Account) {
  return {
    id: account.id,
    username: account.username,
    role: account.role,
    status: account.status,
    email: account.email ?? null,
    pending_email: account.pendingEmail ?? null,
    undeliverable: account.undeliverable
      ? { ...account.undeliverable, at: account.undeliverable.at.toISOString() }
      : null,
    phone: account.phone ?? null,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  }
}

/** That no mail arrives, in one line. */
const refusal = ({ undeliverable: found }: ReturnType<typeof presentWhole>) =>
  found && `${found.address}, since ${found.at}: ${found.reply}`

function presentSession({ createdAt, lastUsedAt, expiresAt, ip, userAgent }: OpenSession) {
  return {
    created_at: createdAt.toISOString(),
    last_used_at: lastUsedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    ip,
    user_agent: userAgent ?? null,
  }
}
