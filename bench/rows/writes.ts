import { type Bench, median, type Row } from '../bench.ts'
import { compare, whole } from '../compare.ts'
import { urlOf } from '../data.ts'
import { syncOf } from '../disk.ts'
import { get, load, post } from '../load.ts'
import { coreFor, production, type Server, startServer } from '../servers.ts'

const POST = {
  title: 'On copying',
  content: 'A line that is worth keeping, with a word about bees.',
}
const BULK = 100
const TARGET = 15

const start = ({ data, cores }: Bench, file: string) =>
  startServer({
    entry: 'src/server.ts',
    env: production(urlOf(data.copy(file)), data.secret),
    core: coreFor(cores, true),
  })

/** Records per second over one connection: in bulks, and one by one. */
export const bulk: Row = {
  name: 'bulk',
  async run(bench) {
    const { data, duration, rounds, say } = bench
    const server = await start(bench, 'bulk')
    const [token] = data.tokens
    const operations = Array.from({ length: BULK }, () => ({ op: 'create', value: POST }))
    const perSecond = async (one: Server, path: string, body: object) => {
      const requests = () => [post(path, body, token)]
      return (await load(one, { connections: 1, duration, requests })).perSecond
    }
    const pairs: Array<{ many: number; single: number }> = []
    for (let round = 0; round <= rounds; round++) {
      const single = await perSecond(server, '/api/v2/posts', POST)
      const many = BULK * (await perSecond(server, '/api/v2/posts/bulk', { operations }))
      // The first warms up.
      if (round > 0) pairs.push({ many, single })
      say(`bulk: ${round}/${rounds}, ratio ${(many / single).toFixed(1)}`)
    }
    await server.stop()
    const ratio = median(pairs.map(({ many, single }) => many / single))
    return [
      {
        row: `bulk of ${BULK} creates by ${BULK} single ones, one connection`,
        ours: `${whole(median(pairs.map(({ many }) => many)))} records/s`,
        reference: `${whole(median(pairs.map(({ single }) => single)))} records/s`,
        ratio,
        target: `>= ${TARGET}.00`,
        met: ratio >= TARGET,
        note: `the same server, POST /api/v2/posts/bulk and POST /api/v2/posts; ${syncOf(data.folder)}`,
      },
    ]
  },
}

/** A client that has the record already, against one that has not. */
export const notModified: Row = {
  name: 'not-modified',
  async run(bench) {
    const server = await start(bench, 'conditional')
    const { headers } = await fetch(`${server.url}/api/v2/posts`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${bench.data.tokens[0]}`,
      },
      body: JSON.stringify({ ...POST, content: POST.content.repeat(80) }),
    })
    const path = headers.get('location') ?? ''
    const etag = headers.get('etag') ?? ''
    const known = { ...get(path), headers: { 'if-none-match': etag } }
    // The same server twice: `compare` tells them apart.
    const line = await compare(bench, {
      row: 'GET /posts/{id} of v2 (4 KB), 304 by 200',
      ours: server,
      reference: { ...server },
      measure: 'cpu',
      target: 1,
      load: { requests: () => [known] },
      referenceLoad: { requests: () => [get(path)] },
    })
    await server.stop()
    return [line]
  },
}
