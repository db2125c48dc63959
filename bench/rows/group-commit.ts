import type { Row } from '../bench.ts'
import { compare } from '../compare.ts'
import { urlOf } from '../data.ts'
import { syncOf } from '../disk.ts'
import { CONNECTIONS, post } from '../load.ts'
import { coreFor, production, startServer } from '../servers.ts'

/** Writes that share their commits, against the same server with a commit for each. */
export const groupCommit: Row = {
  name: 'group-commit',
  async run(bench) {
    const { data, cores } = bench
    const core = coreFor(cores, true)
    const start = (entry: string, file: string) =>
      startServer({ entry, env: production(urlOf(data.copy(file)), data.secret), core })
    const ours = await start('src/server.ts', 'groups')
    const reference = await start('bench/single-commits.ts', 'single')
    const todo = { title: 'Copy a page', description: 'The one about bees', completed: false }
    const line = await compare(bench, {
      row: `POST /todos at ${CONNECTIONS} connections, groups by groups of one`,
      ours,
      reference,
      measure: 'time',
      target: 6,
      note: syncOf(data.folder),
      load: { requests: (connection) => [post('/api/v1/todos', todo, data.tokens[connection])] },
    })
    await Promise.all([ours.stop(), reference.stop()])
    return [line]
  },
}
