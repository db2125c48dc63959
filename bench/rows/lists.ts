import type { Row } from '../bench.ts'
import { compare, whole } from '../compare.ts'
import { urlOf } from '../data.ts'
import { get } from '../load.ts'
import { coreFor, production, startServer } from '../servers.ts'
import { searchable } from '../searchable.ts'

const POSTS = '/api/v2/posts'
/** Of 20 records each. */
const FAR_PAGE = 10_000
const [PAGE, STRIDE] = [20, 100]

/** Lists of posts: the first page beside a bare server's, and one that lies far behind beside the first. */
export const lists: Row = {
  name: 'lists',
  async run(bench) {
    const { data, cores, many, say } = bench
    const core = coreFor(cores, true)
    const start = (file: string, entry = 'src/server.ts') =>
      startServer({ entry, env: production(urlOf(file), data.secret), core })
    const [small, bare] = [await start(data.small), await start(data.small, 'bench/bare.ts')]
    const first = await compare(bench, {
      row: 'GET /posts of v2, 20 of them',
      ours: small,
      reference: bare,
      measure: 'cpu',
      target: 0.4,
      load: { requests: () => [get(POSTS)] },
      note: 'bare runs the same query',
    })
    await Promise.all([small.stop(), bare.stop()])

    const page = Math.min(FAR_PAGE, many / PAGE / 2)
    say(`lists: filling ${whole(many)} posts, going to page ${whole(page)}`)
    const file = searchable(data, many)
    const [far, near] = [await start(file), await start(file)]
    const cursor = await cursorOf(far.url, page)
    const turned = await compare(bench, {
      row: `page ${whole(page)} of ${whole(many)} posts by page 1`,
      ours: far,
      reference: near,
      measure: 'cpu',
      target: 1 / 1.3,
      load: { requests: () => [get(`${POSTS}?cursor=${cursor}`)] },
      referenceLoad: { requests: () => [get(POSTS)] },
    })
    await Promise.all([far.stop(), near.stop()])
    return [first, turned]
  },
}

/** What leads to a page, by going there. */
async function cursorOf(url: string, page: number): Promise<string> {
  let cursor: string | undefined
  for (let records = 0; records < (page - 1) * PAGE; records += STRIDE) {
    const left = Math.min(STRIDE, (page - 1) * PAGE - records)
    const query = `?limit=${left}${cursor === undefined ? '' : `&cursor=${cursor}`}`
    const reply = await fetch(`${url}${POSTS}${query}`)
    const { page: at }: { page: { next_cursor: string } } = JSON.parse(await reply.text())
    cursor = at.next_cursor
  }
  return cursor ?? ''
}
