import type { Command } from 'commander'
import { RESOURCES, type ResourceTable } from '../domain/resources/index.ts'
import { enumerate } from '../base/text.ts'
import type { Format } from '../domain/transfer/records.ts'
import type { Context } from './context.ts'
import { formatOption } from './file-format.ts'

const names = RESOURCES.map(({ called }) => `${called}s`)
const shared = RESOURCES.flatMap(({ read, called }) => (read === 'owner' ? [] : [`${called}s`]))

interface Options {
  user: string
  all?: true
  format?: Format
}

export function addExport(program: Command, { withBackend }: Context) {
  const command = program.command('export')
  command
    .description(`write the ${enumerate(names, 'or')} of a user to a file`)
    .addArgument(command.createArgument('<resource>').choices(RESOURCES.map(({ table }) => table)))
    .argument('<file>', 'which must not exist yet; - is standard output')
    .requiredOption('--user <name>', 'whose they are')
    .option('--all', `all ${enumerate(shared, 'or')} that the user may read`)
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
The file gets its name when it is complete. In CSV, what a spreadsheet would run as a formula has an apostrophe before it, which
commonplace import takes away again.

Examples:
  $ commonplace export posts posts.csv --user alice
  $ commonplace export todos - --user alice --format ndjson | jq .title`,
    )
    .action(async (resource: ResourceTable, file: string, options: Options) => {
      const { exportFile } = await import('./export-file.ts')
      await withBackend(async (backend) => {
        const rows = await exportFile(backend, { resource, file, ...options })
        if (file !== '-') console.log(`Exported ${rows} ${resource} to ${file}.`)
      })
    })
}
