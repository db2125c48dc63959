import { readFileSync } from 'node:fs'
import type { Command } from '../commands.ts'
import type { Generator } from './generator.ts'

interface Packages {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
const { dependencies, devDependencies }: Packages = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)
const release = (name: string) => dependencies[name] ?? devDependencies[name] ?? ''

const TSC = `TypeScript ${release('typescript')}`
const STRICT = `${TSC}: strict, noUncheckedIndexedAccess, exactOptionalPropertyTypes`
const RELAXED = `${TSC}: strict, noUncheckedIndexedAccess`
/** What the generated code itself does not keep to. */
const relaxed: Command = ['tsc', '-p', '.', '--exactOptionalPropertyTypes', 'false']

const shared = {
  language: 'TypeScript',
  document: 'openapi.json',
  run: () => ['node', 'scenario.ts'],
} satisfies Partial<Generator>

const files = (scenario: string) => ({
  [`typescript/${scenario}.ts`]: 'scenario.ts',
  'typescript/steps.ts': 'steps.ts',
  'typescript/tsconfig.json': 'tsconfig.json',
})

export const openapiTypescript: Generator = {
  ...shared,
  name: 'openapi-typescript',
  release: `${release('openapi-typescript')} with openapi-fetch ${release('openapi-fetch')}`,
  needs: ['npm'],
  required: ['v1', 'v2'],
  settings: STRICT,
  notes: [
    'The client is types alone and never sees the document: that lists in a query are comma-separated it is told by `querySerializer`.',
  ],
  files: (version) => files(`openapi-fetch.${version}`),
  generate: () => [['openapi-typescript', 'document.json', '-o', 'client.ts']],
  compile: () => [['tsc', '-p', '.']],
}

export const heyApi: Generator = {
  ...shared,
  name: 'hey-api',
  release: `@hey-api/openapi-ts ${release('@hey-api/openapi-ts')}, fetch client`,
  needs: ['npm'],
  required: ['v1', 'v2'],
  settings: RELAXED,
  notes: [
    'Its own runtime does not compile with `exactOptionalPropertyTypes`.',
    'It reads `text/csv` as a string although it declares a `Blob`: pass `parseAs: "blob"` to exports.',
  ],
  files: (version) => ({
    ...files(`hey-api.${version}`),
    'typescript/hey-api.config.ts': 'openapi-ts.config.ts',
  }),
  generate: () => [['openapi-ts']],
  compile: () => [relaxed],
}
