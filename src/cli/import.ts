import { type Command, Option } from 'commander'
import { RESOURCES, type ResourceTable } from '../domain/resources/index.ts'
import { enumerate } from '../base/text.ts'
import type { Format } from '../domain/transfer/records.ts'
import type { Context } from './context.ts'
import { formatOption } from './file-format.ts'

interface Options {
  user: string
  format?: Format
  onError: 'reject' | 'skip'
  dryRun?: true
  again?: true
}

const importable = RESOURCES.filter((resource) => 'files' in resource)
const names = importable.map(({ called }) => `${called}s`)
const examples = importable.map(
  ({ table, files }) => `  $ commonplace import ${table} ${files?.command}`,
)

export function addImport(program: Command, { withBackend }: Context) {
  const command = program.command('import')
  command
    .description(`make new ${enumerate(names, 'or')} of the rows of a file of any size`)
    .addArgument(command.createArgument('<resource>').choices(importable.map(({ table }) => table)))
    .argument('<file>', 'CSV with a header, or NDJSON; a library export of Goodreads too')
    .requiredOption('--user <name>', 'whose they shall be')
    .addOption(formatOption())
    .addOption(
      new Option('--on-error <what>', 'what to do with a file that has bad rows')
        .choices(['reject', 'skip'])
        .default('reject'),
    )
    .option('--dry-run', 'check the file and write nothing')
    .option('--again', 'import it although it was imported before')
    .addHelpText(
      'after',
      `
The whole file is checked before its first row is written, 1,000 rows at a time. When that is interrupted, run the same command
again: it goes on behind the last row that was written. A file is known by its content for 30 days, and not imported twice.

Examples:
${examples.join('\n')}`,
    )
    .action(async (resource: ResourceTable, file: string, options: Options) => {
      const { importFile } = await import('./import-file.ts')
      await withBackend(async (backend) => {
        console.log(await importFile(backend, { resource, file, ...options }))
      })
    })
}
