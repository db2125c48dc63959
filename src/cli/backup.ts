import { resolve } from 'node:path'
import { type Command } from 'commander'
import type { Config } from '../config/schema.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { leapOption } from './leap.ts'
import { sentence } from './timeline.ts'

export function addBackup(program: Command, { lasting }: Context) {
  program
    .command('backup')
    .description('write a verified copy of a SQLite database, also while the server runs')
    .argument('<file>', 'which must not exist yet')
    .addHelpText(
      'after',
      `
The copy is the state of one moment, checked before it gets its name. Only its owner may read it. Keep SECRET_KEY
(in development: data/secret.key) in another place: without it nobody can log in to a restored database.

Example:
  $ commonplace backup /backups/$(date +%F).db`,
    )
    .action(async (file: string) => {
      const { backUp } = await import('./backup-file.ts')
      const database = await fileOf(await lasting(), 'pg_dump backs it up.')
      const { bytes } = await backUp(database, resolve(file))
      console.log(`Backed up ${database} to ${file} (${bytes} bytes), and verified the copy.`)
    })

  program
    .command('restore')
    .description('put a backup in the place of a SQLite database')
    .argument('<file>', 'what commonplace backup wrote')
    .option('--end-sessions', 'log everyone out')
    .addOption(leapOption())
    .addHelpText(
      'after',
      `
Stop the server first: restoring is refused while any process has the database open. The backup is verified and migrated
before anything changes, and the database as it was stays beside it. A session or token that was revoked after the backup
was made is good again until it expires, unless --end-sessions is given.

A new timeline begins (see commonplace timeline new --help): nothing that was given out since the backup is given out again.
New ids go on above those of the database that is replaced. Where that is not the one that went on from the backup, nobody
knows which were given out, and they go up by --leap.

Example:
  $ commonplace restore /backups/2026-11-20.db --end-sessions`,
    )
    .action(async (file: string, given: { endSessions?: boolean; leap: number }) => {
      const { restore } = await import('./restore-file.ts')
      const config = await lasting()
      const database = await fileOf(
        config,
        'pg_restore or psql restores it, and commonplace timeline new goes with that.',
      )
      const { endSessions = false, leap } = given
      const { aside, applied, ended, timeline } = await restore(
        config,
        resolve(database),
        resolve(file),
        { endSessions, leap },
      )
      console.log(`Restored ${database} from ${file}.`)
      console.log(sentence(timeline))
      for (const name of applied) console.log(`Applied ${name}`)
      if (ended !== undefined) console.log(`Ended the sessions of ${ended} accounts.`)
      if (aside !== undefined) console.log(`The database as it was is in ${aside}.`)
    })
}

async function fileOf({ databaseUrl }: Config, instead: string) {
  const { sqliteFile } = await import('../db/open.ts')
  const file = sqliteFile(databaseUrl)
  if (file === undefined) throw new Failure(`The database is PostgreSQL: ${instead}`)
  return file
}
