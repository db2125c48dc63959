import { openStore } from '../../src/db/open.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { Listable } from '../../src/domain/resources/engine/collection.ts'
import { listOf } from '../../src/domain/resources/engine/list.ts'
import { ownedTables, post } from '../../src/domain/resources/index.ts'
import { randomIds } from '../../src/base/ids.ts'
import type { Query } from '../../src/domain/lists/declaration.ts'
import { createList } from '../../src/domain/lists/list.ts'
import { createSecrets } from '../../src/domain/secrets.ts'
import { type Bench, type Line, limitLine, type Row } from '../bench.ts'
import { compare, whole } from '../compare.ts'
import { urlOf } from '../data.ts'
import { get } from '../load.ts'
import { COMMONEST, RAREST, searchable } from '../searchable.ts'
import { coreFor, production, startServer } from '../servers.ts'

const POSTS = '/api/v2/posts'
const PATHS = 100
/** Milliseconds that a search may keep others waiting. */
const WAIT = 30
const TIMES = 5

/** Each of these is found in every post, or has to be looked for in every post. */
const ASKED: Record<string, Query<Listable>> = {
  'the commonest word': { q: COMMONEST },
  'its first two letters': { q: COMMONEST.slice(0, 2) },
  'it, by title': { q: COMMONEST, sort: 'title:asc' },
  'it, by relevance': { q: COMMONEST, sort: 'relevance' },
  'it, counted': { q: COMMONEST, total: true },
  'common words that never follow each other': { q: `"book ${COMMONEST}"` },
}

/** Searches of many posts: for a word that few have, and for what all have. */
export const search: Row = {
  name: 'search',
  async run(bench) {
    const { data, cores, many, say } = bench
    say(`search: filling ${whole(many)} posts`)
    const file = searchable(data, many)
    const core = coreFor(cores, true)
    const start = () =>
      startServer({ entry: 'src/server.ts', env: production(urlOf(file), data.secret), core })
    const [ours, reference] = [await start(), await start()]
    const rare = await compare(bench, {
      row: `a rare word in ${whole(many)} posts by a read by id`,
      ours,
      reference,
      measure: 'cpu',
      target: 0.1,
      load: { requests: () => [get(`${POSTS}?q=${RAREST}`)] },
      referenceLoad: {
        requests: (connection) =>
          Array.from({ length: PATHS }, (_, i) =>
            get(`${POSTS}/${1 + (((connection * PATHS + i) * 7919) % many)}`),
          ),
      },
    })
    await Promise.all([ours.stop(), reference.stop()])
    return [rare, ...(await turns(bench, file))]
  },
}

/** How long the turns of the event loop become, in this process: of CPU time, which other programs do not change. */
async function turns({ many, data }: Bench, file: string): Promise<Line[]> {
  const store = await openStore(urlOf(file), ownedTables)
  const secrets = createSecrets([data.secret], randomIds)
  const list = createList({ store, clock: systemClock, secrets }, listOf(post), store.tables.posts)
  const lines: Line[] = []
  for (const [name, query] of Object.entries(ASKED)) {
    await list.page(query)
    const watched = watchTurns()
    const started = performance.now()
    for (let i = 0; i < TIMES; i++) await list.page(query)
    const taken = (performance.now() - started) / TIMES
    lines.push(
      limitLine({
        row: `the longest turn while ${whole(many)} posts are searched for ${name}`,
        value: await watched.stop(),
        limit: WAIT,
        unit: 'ms',
        note: `CPU time; a search takes ${taken.toFixed(1)} ms`,
      }),
    )
  }
  await store.close()
  return lines
}

function watchTurns() {
  let [last, longest] = [cpuTime(), 0]
  let isOver = false
  const turn = () => {
    const now = cpuTime()
    longest = Math.max(longest, now - last)
    last = now
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    async stop() {
      isOver = true
      await new Promise((resolve) => setImmediate(resolve))
      return longest
    },
  }
}

/** Milliseconds that this thread has worked. */
function cpuTime() {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
