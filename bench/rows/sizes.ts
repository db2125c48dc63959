import type { Row } from '../bench.ts'
import { compare, whole } from '../compare.ts'
import { ROWS, urlOf } from '../data.ts'
import { CONNECTIONS, get } from '../load.ts'
import { coreFor, production, startServer } from '../servers.ts'

const PATHS = 100

/** The same server over a large database and a small one. */
export const sizes: Row = {
  name: 'sizes',
  async run(bench) {
    const { data, cores, many, say } = bench
    say(`sizes: filling ${whole(many)} posts and revoked tokens`)
    const core = coreFor(cores, true)
    const start = (file: string) =>
      startServer({ entry: 'src/server.ts', env: production(urlOf(file), data.secret), core })
    const ours = await start(data.large(many))
    const reference = await start(data.small)
    const both = { ours, reference, measure: 'cpu' as const, target: 0.75 }
    const { tokens } = data

    // Ids beyond the small table's would be 404 there: each server gets ids of its own, all over its table.
    const posts = (rows: number) => (connection: number) =>
      Array.from({ length: PATHS }, (_, i) => {
        const id = 1 + (((connection * PATHS + i) * 7919) % rows)
        return get(`/api/v1/posts/${id}`, tokens[connection])
      })
    const books = (connection: number) =>
      Array.from({ length: PATHS }, (_, i) =>
        get(`/api/v1/books/${1 + ((connection * 97 + i * 13) % ROWS)}`, tokens[connection]),
      )
    // More tokens in turn than the server remembers: each one's signature, session and revocation are looked at again.
    const each = Math.floor(tokens.length / CONNECTIONS)
    const unseen = (connection: number) =>
      Array.from({ length: each }, (_, i) =>
        get(`/api/v1/books/${1 + i}`, tokens[connection * each + i]),
      )

    const lines = [
      await compare(bench, {
        row: 'GET /posts/{id}, Bearer, large by small tables',
        ...both,
        load: { requests: posts(many) },
        referenceLoad: { requests: posts(ROWS) },
      }),
      await compare(bench, {
        row: 'GET /books/{id}, Bearer, large by small tables',
        ...both,
        load: { requests: books },
      }),
      await compare(bench, {
        row: 'the same, each token as if for the first time',
        ...both,
        load: { requests: unseen },
      }),
    ]
    await Promise.all([ours.stop(), reference.stop()])
    return lines
  },
}
