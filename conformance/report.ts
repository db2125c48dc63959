import type { Generator } from './generators/generator.ts'
import { isRed, type Outcome, type Result } from './row.ts'
import type { Version } from './steps.ts'

const VERSIONS: Version[] = ['v1', 'v2']
const WORDS: Record<Outcome, string> = {
  ok: 'ok',
  failed: '**failed**',
  missing: 'not tried',
  none: 'no scenario',
  unknown: '–',
}
const HEADS = [
  'Generator',
  'Language',
  'Release',
  'Document',
  'v1 compile',
  'v1 run',
  'v2 compile',
  'v2 run',
  'Required',
]
/** Of what a program said, the end is what tells. */
const TAIL_LINES = 20

/** The matrix as a document. */
export function report(results: Result[], versions: Map<string, string>): string {
  const generators = [...new Set(results.map(({ row }) => row.generator))]
  const lines = generators.map((generator) => {
    const cells = VERSIONS.flatMap((version) => {
      const found = results.find(
        ({ row }) => row.generator === generator && row.version === version,
      )
      return found ? [WORDS[found.compiled], WORDS[found.ran]] : ['–', '–']
    })
    const { name, language, release, document, required } = generator
    return [
      name,
      language,
      release,
      document === 'openapi.json' ? '3.1' : '3.0',
      ...cells,
      required.join(', ') || 'no',
    ]
  })
  const used = [...versions].map((pair) => pair.join(' ')).join(', ')
  return `# Conformance

Written by \`npm run conformance\`. Each client was generated from the document that the server serves, compiled with the settings below,
and put through one scenario against the server: an account, tokens, records, filters, pages, preconditions, refusals, a refresh,
many at once, a file, the end of the session. A client that is not required may have no scenario: it is compiled alone. Used: ${used}.

${table([HEADS, ...lines])}

## How, and what to know

${generators.map(({ name, settings, notes = [] }) => [`- **${name}**: ${settings}.`, ...notes.map((note) => `  - ${note}`)].join('\n')).join('\n')}
${faults(generators)}${failures(results)}`
}

function faults(generators: Generator[]) {
  const all = generators.flatMap(({ name, faults: own = [] }) =>
    own.map((fault) => ({ name, ...fault })),
  )
  if (all.length === 0) return ''
  const parts = all.map(({ name, reason, paths }) => {
    const info = { title: 'Smallest', version: '1' }
    const document = JSON.stringify({ openapi: '3.1.0', info, paths }, undefined, 2)
    return `**${name}**: ${reason}\n\n${fence('json', document)}`
  })
  return `\n## Faults of generators\n\nEach with the smallest document that shows it.\n\n${parts.join('\n')}`
}

function failures(results: Result[]) {
  const failed = results.filter(({ reason }) => reason !== undefined)
  if (failed.length === 0) return ''
  return `\n## What failed\n\n${failed.map((result) => failure(result)).join('\n')}`
}

function failure({ row: { generator, version }, reason, output = '' }: Result) {
  const head = `### ${generator.name}, ${version}\n`
  return `${head}\n${reason}\n\n${fence('', output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n'))}`
}

const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`

const table = ([heads = [], ...rows]: string[][]) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** The matrix for a terminal, and why what is red is red. */
export function summary(results: Result[]): string {
  const name = Math.max(...results.map(({ row }) => row.generator.name.length))
  const lines = results.map((result) => {
    const { row, compiled, ran, reason, output } = result
    const mark = isRed(result) ? 'RED' : reason === undefined ? '' : 'best effort'
    const cells = [
      row.generator.name.padEnd(name),
      row.version,
      compiled.padEnd(8),
      ran.padEnd(8),
      mark,
    ]
    const why = isRed(result)
      ? [`\n${reason ?? 'It has no scenario.'}`, output?.trimEnd() ?? '']
      : []
    return [cells.join('  ').trimEnd(), ...why].join('\n')
  })
  return `${['generator'.padEnd(name), '  ', 'compile ', 'run'].join('  ')}\n${lines.join('\n')}\n`
}
