import { readFileSync } from 'node:fs'
import type { Command } from '../commands.ts'
import type { Generator } from './generator.ts'
import { openapiGenerator } from './openapi-generator.ts'

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

/** A client without a scenario, by the settings of those that have one. */
const alone = (file: string): Command => [
  'sh',
  '-c',
  `sed 's#scenario.ts#${file}#' tsconfig.json > alone.json && tsc -p alone.json "$@"`,
  'tsc',
]

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

export const swaggerTypescriptApi: Generator = {
  ...shared,
  name: 'swagger-typescript-api',
  release: release('swagger-typescript-api'),
  needs: ['npm-all'],
  required: [],
  settings: STRICT,
  notes: [
    'Its client opts out of the compiler (`@ts-nocheck`): what is compiled is the scenario against its types.',
    'It writes enums, so Node runs it with `--experimental-transform-types`.',
    'It has no parameters for headers; they go with the request.',
    'It repeats the name of a list in a query for each value, whatever `explode` says, and the server refuses that.',
  ],
  files: (version) => files(`swagger-typescript-api.${version}`),
  run: () => ['node', '--experimental-transform-types', 'scenario.ts'],
  generate: () => [
    [
      'swagger-typescript-api',
      'generate',
      '-p',
      'document.json',
      '-o',
      'client',
      '-n',
      'client.ts',
    ],
  ],
  compile: ({ version }) => [version === 'v2' ? ['tsc', '-p', '.'] : alone('client/client.ts')],
}

export const orval: Generator = {
  ...shared,
  name: 'orval',
  release: `${release('orval')}, fetch client`,
  needs: ['npm-all'],
  required: [],
  settings: STRICT,
  files: () => ({
    'typescript/orval.config.ts': 'orval.config.ts',
    'typescript/tsconfig.json': 'tsconfig.json',
  }),
  generate: () => [['orval', '--config', 'orval.config.ts']],
  compile: () => [alone('client/client.ts')],
}

export const generatorTypescriptFetch: Generator = {
  ...shared,
  ...openapiGenerator('typescript-fetch', { importFileExtension: '.ts' }),
  needs: ['generator', 'npm'],
  required: [],
  settings: RELAXED,
  notes: ['Its own code has parameter properties, which Node cannot run without a compiler.'],
  files: () => ({ 'typescript/tsconfig.json': 'tsconfig.json' }),
  compile: () => [
    [
      ...alone('client/index.ts'),
      '--noImplicitOverride',
      'false',
      '--exactOptionalPropertyTypes',
      'false',
      '--erasableSyntaxOnly',
      'false',
      '--verbatimModuleSyntax',
      'false',
    ],
  ],
}
