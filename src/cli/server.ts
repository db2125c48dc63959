import type { Command } from 'commander'
import type { Context } from './context.ts'

export function addServer(program: Command, { config, lasting }: Context) {
  program
    .command('serve')
    .description('start the server, as npm start does')
    .addHelpText('after', '\nExample:\n  $ PORT=8080 commonplace serve')
    .action(async () => {
      const { serve } = await import('../serve.ts')
      await serve(await config())
    })

  program
    .command('migrate')
    .description('bring the database up to date')
    .addHelpText(
      'after',
      `
PostgreSQL is migrated by this command only, in one transaction and under a lock: several at once apply each migration
once. A SQLite file is migrated whenever it is opened, too.

Example:
  $ DATABASE_URL=postgres://localhost/commonplace commonplace migrate`,
    )
    .action(async () => {
      const { migrate } = await import('../db/open.ts')
      const { databaseUrl } = await lasting()
      const applied = await migrate(databaseUrl)
      for (const name of applied) console.log(`Applied ${name}`)
      if (applied.length === 0) console.log('The database is up to date.')
    })
}
