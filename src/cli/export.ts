import type { Command } from 'commander'
import type { Format } from '../domain/transfer/records.ts'
import type { Context } from './context.ts'
import { formatOption } from './file-format.ts'

interface Options {
  user: string
  all?: true
  format?: Format
}

export function addExport(program: Command, { withBackend }: Context) {
  const command = program.command('export')
  command
    .description('write the to-dos, books or posts of a user to a file')
    .addArgument(command.createArgument('<resource>').choices(['todos', 'books', 'posts']))
    .argument('<file>', 'which must not exist yet; - is standard output')
    .requiredOption('--user <name>', 'whose they are')
    .option('--all', 'all books or posts that the user may read')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
The file gets its name when it is complete. In CSV, what a spreadsheet would run as a formula has an apostrophe before it, which
commonplace import takes away again.

Examples:
  $ commonplace export books books.csv --user alice
  $ commonplace export todos - --user alice --format ndjson | jq .title`,
    )
    .action(async (resource: 'todos' | 'books' | 'posts', file: string, options: Options) => {
      const { exportFile } = await import('./export-file.ts')
      await withBackend(async (backend) => {
        const rows = await exportFile(backend, { resource, file, ...options })
        if (file !== '-') console.log(`Exported ${rows} ${resource} to ${file}.`)
      })
    })
}
