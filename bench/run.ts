import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bench, Line, Row } from './bench.ts'
import { pinLoad } from './cores.ts'
import { createData } from './data.ts'
import { backends } from './rows/backends.ts'
import { groupCommit } from './rows/group-commit.ts'
import { lists } from './rows/lists.ts'
import { logins } from './rows/logins.ts'
import { memory } from './rows/memory.ts'
import { overload } from './rows/overload.ts'
import { bearerRead, publicRead } from './rows/reads.ts'
import { refreshes } from './rows/refreshes.ts'
import { search } from './rows/search.ts'
import { sizes } from './rows/sizes.ts'
import { start } from './rows/start.ts'
import { bulk, notModified } from './rows/writes.ts'
import { killServers } from './servers.ts'
import { table } from './table.ts'

const ROWS: Row[] = [
  publicRead,
  bearerRead,
  groupCommit,
  refreshes,
  bulk,
  notModified,
  logins,
  sizes,
  lists,
  search,
  start,
  backends,
  memory,
  overload,
]

const HELP = `npm run bench -- [options]

  --only <row,...>   of ${ROWS.map(({ name }) => name).join(', ')}
  --duration <s>     seconds of one run (3)
  --rounds <n>       runs of each side, in turn (5)
  --quick            smaller tables, fewer requests, shorter runs
  --json             prints JSON instead of the table
`

const EXPLANATION = `
A ratio is the median of the ratios of alternating runs (A B A B ...), not the quotient of the two medians beside it.
req/cpu-s: replies per second of CPU time of the server's process, which is what it would answer with a core of its own;
neither a load generator that is slower than the server nor other programs on the machine change it.
The ratio of a limit is what was measured by the limit. Times are told, never a reason to fail.`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    duration: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const chosen = values.only?.split(',') ?? ROWS.map(({ name }) => name)
const unknown = chosen.filter((name) => !ROWS.some((row) => row.name === name))
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}\n\n${HELP}`)
  process.exit(2)
}

process.once('exit', killServers)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const cores = pinLoad()
const say = (text: string) => process.stderr.write(`${text}\n`)
say(
  cores.server === undefined
    ? 'nothing is pinned: there is one core, or no taskset'
    : `servers under load on core ${cores.server}, the load on another`,
)
const [busy = 0] = loadavg()
const noise =
  busy > availableParallelism() / 2
    ? `The machine was busy before it began (load ${busy.toFixed(1)}): what is measured in time says little; req/cpu-s holds.`
    : ''
const data = await createData()
process.once('exit', data.remove)
const { quick } = values
const bench: Bench = {
  data,
  cores,
  say,
  duration: Number(values.duration ?? (quick ? 1 : 3)),
  rounds: Number(values.rounds ?? 5),
  many: quick ? 100_000 : 1_000_000,
  requests: quick ? 20_000 : 100_000,
}

const lines: Line[] = []
const failures: string[] = []
for (const row of ROWS.filter(({ name }) => chosen.includes(name))) {
  try {
    lines.push(...(await row.run(bench)))
  } catch (error) {
    // The others are still worth knowing.
    failures.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`)
    killServers()
  }
}

process.stdout.write(
  values.json
    ? `${JSON.stringify({ lines, failures, load: busy }, undefined, 2)}\n`
    : `${table(lines)}\n${EXPLANATION}\n${noise && `${noise}\n`}`,
)
for (const failure of failures) say(`could not be measured: ${failure}`)
process.exitCode = failures.length > 0 ? 1 : 0
