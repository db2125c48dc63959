import { Command, CommanderError } from 'commander'
import type { Env } from '../config/index.ts'
import manifest from '../../package.json' with { type: 'json' }
import { addBackup } from './backup.ts'
import { createContext } from './context.ts'
import { addExport } from './export.ts'
import { addImport } from './import.ts'
import { addInvitations } from './invitations.ts'
import { addKeys } from './keys.ts'
import { addPurge } from './purge.ts'
import { addSeed } from './seed.ts'
import { addServer } from './server.ts'
import { addTimeline } from './timeline.ts'
import { addUsers } from './users.ts'

const EXIT = { success: 0, failure: 1, usage: 2 }

const HELP = `
The configuration comes from the environment and from .env, as for the server; .env.example lists it.

Exit codes: 0 success, 1 failure (one sentence on stderr says which), 2 wrong usage.

Examples:
  $ commonplace serve
  $ commonplace user create alice --admin
  $ commonplace backup /backups/monday.db
From a checkout: npm run --silent cli -- user list --json`

/** Runs one command line. @returns the exit code. */
export async function run(args: string[], env: Env): Promise<number> {
  const program = new Command('commonplace')
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .addHelpText('after', HELP)
  const context = createContext(env)
  addServer(program, context)
  addSeed(program, context)
  addUsers(program, context)
  addInvitations(program, context)
  addKeys(program, context)
  addImport(program, context)
  addExport(program, context)
  addBackup(program, context)
  addTimeline(program, context)
  addPurge(program, context)

  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.success
  } catch (error) {
    // commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage
    const { report } = await import('./report.ts')
    console.error(report(error))
    return EXIT.failure
  }
}
