import type { Command } from 'commander'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { table } from './table.ts'

export function addPurge(program: Command, { withBackend }: Context) {
  program
    .command('purge')
    .description('remove what has expired: tokens, sessions, keys, failed logins, audit events')
    .option('--json', 'the rows removed, as a JSON object by table')
    .addHelpText(
      'after',
      `
A running server does this every hour. It works in small steps, so it may run at any time.

Example:
  $ commonplace purge --json`,
    )
    .action(({ json }: { json?: true }) =>
      withBackend(async ({ purge }) => {
        const purged = await purge()
        if (!purged) throw new Failure('Another process is purging this database right now.')
        const rows = Object.entries(purged).map(([name, removed]) => ({ table: name, removed }))
        console.log(json ? JSON.stringify(purged, undefined, 2) : table(rows))
      }),
    )
}
