import { copyFileSync } from 'node:fs'
import type { Row } from '../bench.ts'
import { compare } from '../compare.ts'
import { urlOf } from '../data.ts'
import { CONNECTIONS, post } from '../load.ts'
import { openSessions, refreshing } from '../refreshing.ts'
import { coreFor, production, startServer } from '../servers.ts'

/**
 * Refresh token rotation: one signature checked and two made, four writes, each token used once, many sessions. Against a bare server
 * that does just that; and against the cheapest durable write of the same server, to say what a refresh costs in writes.
 */
export const refreshes: Row = {
  name: 'refreshes',
  async run(bench) {
    const { data, cores } = bench
    const core = coreFor(cores, true)
    const file = data.copy('refreshes')
    const tokens = await openSessions(file, data.secret)
    const copy = data.copy('refreshes-bare')
    copyFileSync(file, copy)
    const start = (entry: string, path: string) =>
      startServer({ entry, env: production(urlOf(path), data.secret), core })
    const ours = await start('src/server.ts', file)
    const bare = await start('bench/bare-refreshes.ts', copy)
    const writes = await start('src/server.ts', data.copy('refreshes-writes'))
    const load = { requests: refreshing(tokens) }
    const lines = [
      await compare(bench, {
        row: `POST /auth/refresh at ${CONNECTIONS} connections`,
        ours,
        reference: bare,
        measure: 'cpu',
        target: 0.5,
        load,
        referenceLoad: { requests: refreshing(tokens) },
        note: 'bare checks and signs the same, and writes the same in shared commits',
      }),
      await compare(bench, {
        row: 'POST /auth/refresh by POST /todos',
        ours,
        reference: writes,
        measure: 'cpu',
        load,
        referenceLoad: {
          requests: (connection) => [
            post('/api/v1/todos', { title: 'Copy a page' }, data.tokens[connection]),
          ],
        },
        note: 'the reference is the same server, writing one row',
      }),
    ]
    await Promise.all([ours.stop(), bare.stop(), writes.stop()])
    return lines
  },
}
