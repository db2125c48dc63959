import { type Command, Option } from 'commander'
import type { Account } from '../domain/accounts/account.ts'
import type { Accounts, Force } from '../domain/accounts/accounts.ts'
import type { Role } from '../base/actor.ts'
import type { Format } from '../domain/transfer/records.ts'
import { accountOf, orForced } from './account.ts'
import type { Context } from './context.ts'
import { addFactor } from './factor.ts'
import { formatOption } from './file-format.ts'
import { readNewPassword } from './password.ts'
import { patiently } from './patience.ts'
import { table } from './table.ts'
import { addUserDetails } from './user-details.ts'

const ROLES = ['user', 'moderator', 'admin'] as const satisfies Role[]
const PAGE = 500

const PASSWORD_HELP =
  'The password is asked for on a terminal; otherwise it is the first line of standard input.'

/** What a recovery ends (see recovery.ts). */
const ENDED = 'its sessions, API keys, links, added sign-ins and unconfirmed address'

interface CreateOptions {
  role: Role
  admin?: true
  email?: string
  mustChange?: boolean
}

interface ImportOptions {
  format?: Format
  onError: 'reject' | 'skip'
  dryRun?: true
}

export function addUsers(program: Command, context: Context) {
  const { withBackend } = context
  const user = program.command('user').description('create, list and change accounts')

  user
    .command('create')
    .description('create an account')
    .argument('<username>')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('user'))
    .addOption(new Option('--admin', 'the same as --role admin').conflicts('role'))
    .option('--email <address>', 'its email address')
    .option('--must-change', 'its owner is to choose another password before anything else')
    .addHelpText(
      'after',
      `
${PASSWORD_HELP}

Examples:
  $ commonplace user create alice --admin
  $ pass commonplace/bob | commonplace user create bob --email bob@example.com`,
    )
    .action((username: string, { role, admin, email, mustChange = false }: CreateOptions) =>
      withBackend(async ({ accounts }) => {
        const password = await readNewPassword()
        const registration = { username, password, email }
        const account = await patiently(() =>
          accounts.register(registration, { role: admin ? 'admin' : role, mustChange }),
        )
        console.log(`Created ${account.role} ${account.username} with id ${account.id}.`)
      }),
    )

  user
    .command('list')
    .description('list all accounts, oldest first')
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      '\nExample:\n  $ commonplace user list --json | jq \'.[] | select(.role == "admin").username\'',
    )
    .action(({ json }: { json?: true }) =>
      withBackend(async ({ accounts }) => {
        const rows = (await everyAccount(accounts)).map(present)
        if (json) console.log(JSON.stringify(rows, undefined, 2))
        else console.log(rows.length > 0 ? table(rows) : 'There is no user yet.')
      }),
    )

  user
    .command('import')
    .description('make accounts of the rows of a file from another program, with their passwords')
    .argument('<file>', 'CSV with a header, or NDJSON')
    .addOption(formatOption())
    .addOption(
      new Option('--on-error <what>', 'what to do with a file that has bad rows')
        .choices(['reject', 'skip'])
        .default('reject'),
    )
    .option('--dry-run', 'check the file and write nothing')
    .addHelpText(
      'after',
      `
Each row has a username, and may have email, email_verified, phone, password_hash, role, status and created_at. A
password_hash is bcrypt, werkzeug's scrypt: or pbkdf2:, one of Django's, or Argon2; it is kept until the first login,
which replaces it by one of our own. Whoever has none sets a password by mail. The whole file is checked before its first row is
written, 500 accounts at a time; with --on-error skip it can be run again, and passes over those that are there.

Examples:
  $ sqlite3 -json app.db "select username, email, password as password_hash from user" \\
      | jq -c '.[]' > users.ndjson
  $ commonplace user import users.ndjson --dry-run`,
    )
    .action(async (file: string, options: ImportOptions) => {
      const { importUsers } = await import('./user-import.ts')
      await withBackend(async (backend) => {
        console.log(await importUsers(backend, { file, ...options }))
      })
    })

  user
    .command('role')
    .description('give an account a role, effective at its next request')
    .argument('<username>')
    .addArgument(user.createArgument('<role>').choices(ROLES))
    .addOption(force())
    .addHelpText('after', '\nExample:\n  $ commonplace user role bob moderator')
    .action((username: string, role: Role, options: Force) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        await orForced(patiently(() => accounts.setRole(account.id, role, options)))
        console.log(`${account.username} has the role ${role} now.`)
      }),
    )

  user
    .command('suspend')
    .description(`suspend an account, and end ${ENDED} at once`)
    .argument('<username>')
    .addOption(force())
    .addHelpText('after', '\nExample:\n  $ commonplace user suspend mallory')
    .action((username: string, options: Force) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        await orForced(patiently(() => accounts.setStatus(account.id, 'suspended', options)))
        console.log(`${account.username} is suspended. Ended with it: ${ENDED}.`)
      }),
    )

  user
    .command('restore')
    .description('let a suspended account log in again')
    .argument('<username>')
    .addHelpText('after', '\nExample:\n  $ commonplace user restore mallory')
    .action((username: string) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        await patiently(() => accounts.setStatus(account.id, 'active'))
        console.log(`${account.username} is active again.`)
      }),
    )

  user
    .command('password')
    .description(`set a new password, and end ${ENDED}`)
    .argument('<username>')
    .option('--must-change', 'its owner is to choose another before anything else')
    .addHelpText(
      'after',
      `\n${PASSWORD_HELP}\n\nExample:\n  $ openssl rand -base64 18 | tee new-password | commonplace user password bob`,
    )
    .action((username: string, { mustChange }: { mustChange?: true }) =>
      withBackend(async ({ accounts }) => {
        const account = await accountOf(accounts, username)
        const password = await readNewPassword()
        const { pendingEmail } = await patiently(() =>
          accounts.setPassword(account.id, password, mustChange),
        )
        console.log(`${account.username} has a new password. Ended with it: ${ENDED}.`)
        if (account.pendingEmail !== pendingEmail)
          console.log(
            `${account.pendingEmail} waited to be confirmed, and is forgotten: whoever was in the account may have given it. If it is right: commonplace user email ${account.username} ${account.pendingEmail}`,
          )
        if (account.email !== undefined)
          console.log(`Whoever reads the mail of ${account.email} can set another one.`)
      }),
    )

  addFactor(user, context)
  addUserDetails(user, context)
}

const force = () => new Option('--force', 'even if no active admin is left')

async function everyAccount(accounts: Accounts): Promise<Account[]> {
  const all: Account[] = []
  for (;;) {
    const { items } = await accounts.list({ limit: PAGE, offset: all.length })
    all.push(...items)
    if (items.length < PAGE) return all
  }
}

function present({ id, username, email, role, status, createdAt }: Account) {
  return { id, username, role, status, email: email ?? null, created_at: createdAt.toISOString() }
}
