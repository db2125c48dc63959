import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { program } from './python.ts'
import { KEEPER, startServer } from './server.ts'

const HELP = `npm run fuzz -- [options]

  --examples <n>       random requests for each operation (5000)
  --seed <n>           repeats what a run with this seed did
  --version <1,2>      of the API
  --role <user,admin>  of who asks
  --only <id,...>      operations, by operationId
  --jobs <n>           runs at a time (2)
`
const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    version: { type: 'string', default: '1,2' },
    role: { type: 'string', default: 'user,admin' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
})
const list = (text: string) => text.split(',').filter((word) => word !== '')
/** How often (ms) a run tells how far it is. */
const PROGRESS = 60_000
const here = fileURLToPath(new URL('.', import.meta.url))

async function main() {
  const schemathesis = program('schemathesis')
  console.log(`Seed ${values.seed}, ${values.examples} examples for each operation`)
  // The larger runs first: the smaller ones fill what they leave.
  const runs = list(values.version)
    .toSorted((a, b) => Number(b) - Number(a))
    .flatMap((version) => list(values.role).map((role) => ({ version, role })))
  const work = async () => {
    for (let run = runs.shift(); run; run = runs.shift()) await fuzz(schemathesis, run)
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
}

/** Each has a server of its own: what an admin deletes is not missed elsewhere. */
async function fuzz(schemathesis: string, { version, role }: { version: string; role: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-fuzz-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const server = await startServer(folder)
  const name = `v${version} ${role}`
  const file = join(folder, `${name}.log`)
  const started = performance.now()
  const only = list(values.only).flatMap((id) => ['--include-operation-id', id])
  const child = spawn(
    schemathesis,
    [
      '--config-file',
      join(here, 'schemathesis.toml'),
      'run',
      `${server.url}/api/v${version}/openapi.json`,
      `--max-examples=${values.examples}`,
      `--seed=${values.seed}`,
      '--no-color',
      ...only,
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        PYTHONPATH: here,
        PYTHONDONTWRITEBYTECODE: '1',
        FUZZ_SERVER: server.url,
        FUZZ_VERSION: version,
        FUZZ_ROLE: role,
        FUZZ_KEEPER: KEEPER,
        FUZZ_MAILS: server.mails,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const log = createWriteStream(file)
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const seconds = () => Math.round((performance.now() - started) / 1000)
  const progress = setInterval(
    () => console.log(`${name}: ${server.answered()} requests in ${seconds()} s`),
    PROGRESS,
  )
  const [code] = await once(child, 'close')
  clearInterval(progress)
  process.off('exit', end)
  log.end()
  await once(log, 'close')
  console.log(`\n== ${name}, ${seconds()} s\n\n${await readFile(file, 'utf8')}`)
  if (code !== 0) fail(`${name} failed.`)
  if (!(await server.stop())) fail('The server did not live to the end.')
  for (const line of server.faults.slice(0, 10)) fail(line)
}

function fail(reason: string) {
  console.error(reason)
  process.exitCode = 1
}

// Nothing that was started outlives an end from outside.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

if (values.help) console.log(HELP)
else await main()
