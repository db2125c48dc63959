import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { killServers, startServer } from '../bench/servers.ts'
import type { Generator } from './generators/generator.ts'
import { oapiCodegen } from './generators/oapi-codegen.ts'
import { generatorGo, generatorJava, generatorRust } from './generators/openapi-generator.ts'
import { generatorPython, openapiPythonClient } from './generators/python.ts'
import {
  generatorTypescriptFetch,
  heyApi,
  openapiTypescript,
  orval,
  swaggerTypescriptApi,
} from './generators/typescript.ts'
import { report, summary } from './report.ts'
import { isRed, type Result, tryRow } from './row.ts'
import type { Version } from './steps.ts'
import { createTools, HERE } from './tools.ts'

const GENERATORS: Generator[] = [
  openapiTypescript,
  heyApi,
  openapiPythonClient,
  generatorPython,
  generatorGo,
  generatorJava,
  orval,
  swaggerTypescriptApi,
  generatorTypescriptFetch,
  generatorRust,
  oapiCodegen,
]
const VERSIONS: Version[] = ['v2', 'v1']
const names = GENERATORS.map(({ name }) => name)

const HELP = `npm run conformance -- [options]

Generates clients from the documents that the server serves, compiles them, and puts each through a scenario. A run of all
writes docs/conformance.md.

  --only <name,...>    of ${names.join(', ')}
  --version <v1|v2>    only this version of the API
  --scratch <folder>   keeps what is installed and generated there; a folder of its own, which is removed, unless given
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    version: { type: 'string' },
    scratch: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const chosen = values.only?.split(',') ?? names
const versions = VERSIONS.filter((version) => version === (values.version ?? version))
const unknown = chosen.filter((name) => !names.includes(name))
if (unknown.length > 0 || versions.length === 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ') || values.version}\n\n${HELP}`)
  process.exit(2)
}

process.once('exit', killServers)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const say = (text: string) => process.stderr.write(`${text}\n`)
const folder = await mkdtemp(join(tmpdir(), 'commonplace-conformance-'))
try {
  const results = await tryAll()
  process.stdout.write(`\n${summary(results)}`)
  process.exitCode = results.some(isRed) ? 1 : 0
} finally {
  await rm(folder, { recursive: true })
}

async function tryAll() {
  const tools = createTools(resolve(values.scratch ?? join(folder, 'scratch')), say)
  const server = await startServer({
    entry: 'src/server.ts',
    // Not `production`: compilers keep the machine busy, and a server that sheds load says nothing about clients.
    env: {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      DATABASE_URL: `sqlite:${folder}/server.db`,
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'warn',
    },
    core: undefined,
  })
  const results: Result[] = []
  for (const generator of GENERATORS.filter(({ name }) => chosen.includes(name)))
    for (const version of versions) {
      const row = {
        generator,
        version,
        tools,
        folder: join(tools.scratch, 'rows', `${generator.name}-${version}`),
      }
      await rm(row.folder, { recursive: true, force: true })
      results.push(await tryRow(row, server.url, say))
    }
  await server.stop()
  if (values.only === undefined && values.version === undefined) {
    const file = join(HERE, '..', 'docs', 'conformance.md')
    const options = await resolveConfig(file)
    const text = report(results, tools.versions)
    await writeFile(file, await format(text, { ...options, parser: 'markdown' }))
  }
  return results
}
