import { readFileSync } from 'node:fs'
import type { Command } from '../commands.ts'
import type { Generator } from './generator.ts'
import { openapiGenerator } from './openapi-generator.ts'

const requirements = readFileSync(new URL('../requirements.txt', import.meta.url), 'utf8')
const release = (name: string) => new RegExp(`^${name}==(.*)$`, 'm').exec(requirements)?.[1] ?? ''
/** Scenarios import the package from beside them. */
const LINK: Command = ['ln', '-sfn', 'client/commonplace', 'commonplace']
const MYPY = `mypy ${release('mypy')}`

const shared = {
  language: 'Python',
  required: ['v1', 'v2'],
  document: 'openapi.json',
  run: () => ['python', 'scenario.py'],
} satisfies Partial<Generator>

export const openapiPythonClient: Generator = {
  ...shared,
  name: 'openapi-python-client',
  release: release('openapi-python-client'),
  needs: ['python'],
  settings: `${MYPY} --strict`,
  notes: [
    'Its `content_type_overrides` must name `text/csv`, `application/x-ndjson` and `application/zip`, or it leaves out what it does not know.',
    'It repeats the name of a list in a query for each value, whatever `explode` says, and the server refuses that: `fields` takes one value.',
    'An operation that lets people in without a token (`security` with `{}`) asks for a client with one all the same.',
  ],
  faults: [
    {
      reason:
        'Where a body that must be there has two media types and the operation has no optional parameter, it writes `Unset` without importing it: the module cannot be loaded. So v1 is tried without the form that its login takes beside JSON.',
      paths: {
        '/login': {
          post: {
            requestBody: {
              required: true,
              content: {
                'application/json': { schema: { type: 'object' } },
                'application/x-www-form-urlencoded': { schema: { type: 'object' } },
              },
            },
            responses: { 204: { description: 'Done.' } },
          },
        },
      },
    },
  ],
  adapt(document, version) {
    const login = version === 'v1' ? document.paths['/login']?.['post'] : undefined
    delete login?.requestBody?.content['application/x-www-form-urlencoded']
    return document
  },
  files: (version) => ({
    [`python/openapi_python_client_${version}.py`]: 'scenario.py',
    'python/steps.py': 'steps.py',
    'python/openapi-python-client.yaml': 'config.yaml',
  }),
  generate: () => [
    [
      'openapi-python-client',
      'generate',
      '--path=document.json',
      '--config=config.yaml',
      '--output-path=client',
      '--overwrite',
    ],
  ],
  compile: () => [LINK, ['mypy', '--strict', 'scenario.py', 'commonplace']],
}

export const generatorPython: Generator = {
  ...shared,
  ...openapiGenerator('python', { packageName: 'commonplace' }),
  needs: ['python', 'generator'],
  settings: `compileall; ${MYPY} with the settings that it generates (\`--strict\` for the scenario)`,
  notes: [
    'Its own code does not keep to `mypy --strict`; its `pyproject.toml` says what it keeps to.',
  ],
  files: (version) => ({
    [`python/openapi_generator_${version}.py`]: 'scenario.py',
    'python/steps.py': 'steps.py',
  }),
  compile: () => [
    LINK,
    ['python', '-m', 'compileall', '-q', 'client'],
    ['mypy', '--config-file=client/pyproject.toml', '-p', 'commonplace'],
    ['mypy', '--strict', '--follow-imports=silent', 'scenario.py'],
  ],
}
