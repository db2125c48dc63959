import type { Generator } from './generator.ts'

const RELEASE = 'v2.8.2'

export const oapiCodegen: Generator = {
  name: 'oapi-codegen',
  release: RELEASE.slice(1),
  language: 'Go',
  needs: ['go'],
  required: [],
  document: 'openapi.json',
  settings: 'go vet, go build',
  files: () => ({ 'go/oapi-codegen/go.mod': 'go.mod', 'go/oapi-codegen/go.sum': 'go.sum' }),
  generate: () => [
    [
      'go',
      'run',
      `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@${RELEASE}`,
      '-package=client',
      '-generate=types,client',
      '-o=client.go',
      'document.json',
    ],
  ],
  compile: () => [
    ['go', 'vet', './...'],
    ['go', 'build', './...'],
  ],
  run: () => ['true'],
}
