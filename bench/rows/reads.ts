import type { Row } from '../bench.ts'
import { compare } from '../compare.ts'
import { ROWS, urlOf, type Data } from '../data.ts'
import { get } from '../load.ts'
import { coreFor, production, startServer } from '../servers.ts'

/** Each connection reads other records than its neighbours. */
const spread = (path: string, tokens?: string[]) => (connection: number) =>
  Array.from({ length: 100 }, (_, i) =>
    get(`${path}/${1 + ((connection * 97 + i * 13) % ROWS)}`, tokens?.[connection]),
  )
const posts = (data: Data, tokens = false) =>
  spread('/api/v1/posts', tokens ? data.tokens : undefined)
const books = (data: Data) => spread('/api/v1/books', data.tokens)

/** A public read, against a bare server. */
export const publicRead: Row = {
  name: 'public',
  async run(bench) {
    const { data, cores } = bench
    const env = production(urlOf(data.small), data.secret)
    const core = coreFor(cores, true)
    const ours = await startServer({ entry: 'src/server.ts', env, core })
    const reference = await startServer({ entry: 'bench/bare.ts', env, core })
    const line = await compare(bench, {
      row: 'GET /posts/{id}, public',
      ours,
      reference,
      measure: 'cpu',
      target: 0.6,
      load: { requests: posts(data) },
    })
    await Promise.all([ours.stop(), reference.stop()])
    return [line]
  },
}

/** The same with a token, which a public route ignores on both sides, and where it counts. */
export const bearerRead: Row = {
  name: 'bearer',
  async run(bench) {
    const { data, cores } = bench
    const env = production(urlOf(data.small), data.secret)
    const core = coreFor(cores, true)
    const entry = 'bench/bare.ts'
    const ours = await startServer({ entry: 'src/server.ts', env, core })
    const lookups = await startServer({ entry, env, core })
    const memo = await startServer({ entry, env: { ...env, BARE_AUTH: 'memo' }, core })
    const lines = [
      await compare(bench, {
        row: 'GET /books/{id}, Bearer',
        ours,
        reference: lookups,
        measure: 'cpu',
        target: 0.5,
        load: { requests: books(data) },
        note: 'bare looks up session, revocation and user',
      }),
      await compare(bench, {
        row: 'GET /me of v2, Bearer',
        ours,
        reference: lookups,
        measure: 'cpu',
        target: 0.5,
        load: { requests: (connection) => [get('/api/v2/me', data.tokens[connection])] },
        note: 'bare looks up session, revocation, user and account',
      }),
      await compare(bench, {
        row: 'GET /posts/{id}, Bearer',
        ours,
        reference: lookups,
        measure: 'cpu',
        target: 0.5,
        load: { requests: posts(data, true) },
        note: 'a public route ignores the token, bare too',
      }),
      await compare(bench, {
        row: 'GET /books/{id}, Bearer, bare keeps answers too',
        ours,
        reference: memo,
        measure: 'cpu',
        load: { requests: books(data) },
        note: 'bare keeps the answer under PRAGMA data_version, as we do',
      }),
    ]
    await Promise.all([ours.stop(), lookups.stop(), memo.stop()])
    return lines
  },
}
