import { join } from 'node:path'
import { JAR } from '../tools.ts'
import type { Generator, Row } from './generator.ts'

/** What the clients of openapi-generator have in common: `client/` of the row is what it writes. */
export const openapiGenerator = (language: string, properties: Record<string, string> = {}) =>
  ({
    name: `openapi-generator-${language}`,
    release: JAR.version,
    generate: ({ tools }: Row) => [
      [
        'java',
        '-jar',
        tools.jar,
        'generate',
        ['--generator-name', language],
        ['--input-spec', 'document.json'],
        ['--output', 'client'],
        '--global-property=apiTests=false,modelTests=false,apiDocs=false,modelDocs=false',
        `--additional-properties=${Object.entries(properties)
          .map((pair) => pair.join('='))
          .join(',')}`,
      ].flat() as [string, ...string[]],
    ],
  }) satisfies Partial<Generator>

const LIBRARIES = (row: Row) => join(row.tools.javaLibraries, '*')

export const generatorJava: Generator = {
  ...openapiGenerator('java', {
    library: 'native',
    invokerPackage: 'commonplace',
    apiPackage: 'commonplace.api',
    modelPackage: 'commonplace.model',
    hideGenerationTimestamp: 'true',
    disallowAdditionalPropertiesIfNotPresent: 'false',
  }),
  language: 'Java, library=native',
  needs: ['generator', 'java-libraries'],
  required: ['v2'],
  document: 'openapi.json',
  settings: 'javac -Xlint:all -Werror, without `serial` and `deprecation` for what it generates',
  notes: [
    'Its own code has serializers without a `serialVersionUID` and calls what Jackson has deprecated.',
    'It throws refusals as text: `ApiClient.createDefaultObjectMapper()` reads the problem.',
  ],
  files: (version) =>
    version === 'v2'
      ? { 'java/OpenApiGeneratorV2.java': 'Scenario.java', 'java/Steps.java': 'Steps.java' }
      : {},
  compile: (row) => [
    // The shell lists the many files.
    [
      'sh',
      '-c',
      `javac -Xlint:all,-serial,-deprecation -Werror -cp '${LIBRARIES(row)}' -d classes $(find client/src/main -name '*.java')`,
    ],
    [
      'sh',
      '-c',
      `[ ! -f Scenario.java ] || javac -Xlint:all -Werror -cp 'classes:${LIBRARIES(row)}' -d classes *.java`,
    ],
  ],
  run: (row) => ['java', '-cp', `classes:${LIBRARIES(row)}`, 'Scenario'],
}

export const generatorGo: Generator = {
  ...openapiGenerator('go', { packageName: 'commonplace', withGoMod: 'false' }),
  language: 'Go',
  needs: ['generator', 'go'],
  required: ['v2'],
  document: 'openapi.json',
  settings: 'go vet, go build',
  files: (version) => ({
    ...(version === 'v2' && {
      'go/openapi_generator_v2.go': 'scenario.go',
      'go/steps.go': 'steps.go',
    }),
    'go/go.mod': 'go.mod',
    'go/go.sum': 'go.sum',
  }),
  compile: ({ version }) => [
    ['go', 'vet', './...'],
    version === 'v2' ? ['go', 'build', '-o', 'scenario', '.'] : ['go', 'build', './...'],
  ],
  run: () => ['./scenario'],
}

export const generatorRust: Generator = {
  ...openapiGenerator('rust', { packageName: 'commonplace' }),
  language: 'Rust',
  needs: ['generator', 'rust'],
  required: [],
  document: 'openapi.json',
  settings: 'cargo check',
  files: () => ({}),
  compile: ({ tools }) => [
    // Both versions need the same crates: they are compiled once.
    [
      'cargo',
      'check',
      '--manifest-path=client/Cargo.toml',
      `--target-dir=${join(tools.scratch, 'rust')}`,
    ],
  ],
  run: () => ['true'],
}
