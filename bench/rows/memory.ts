import { limitLine, type Row } from '../bench.ts'
import { whole } from '../compare.ts'
import { PASSWORD, ROWS, urlOf, type Data } from '../data.ts'
import { get, load, post } from '../load.ts'
import { coreFor, production, startServer } from '../servers.ts'

/** Of the requests of a connection one is a login. */
const BETWEEN_LOGINS = 500

/** What stays resident after a mixed load: reads, lists, writes, refusals and logins. */
export const memory: Row = {
  name: 'memory',
  async run({ data, cores, requests, say }) {
    const env = production(urlOf(data.copy('memory')), data.secret)
    const core = coreFor(cores, false)
    // A first start strips the types and fills the compile cache, which leaves some 20 MiB behind that no later one has.
    await (await startServer({ entry: 'src/server.ts', env, core })).stop()
    const server = await startServer({ entry: 'src/server.ts', env, core })
    const before = server.memory('VmRSS')
    const reads = (connection: number) => [get(`/api/v1/posts/${1 + (connection % ROWS)}`)]
    await load(server, { amount: requests, requests: reads })
    const afterReads = server.memory('VmRSS')
    say(`memory: ${whole(requests)} requests`)
    const options = { amount: requests, refusals: true, requests: mixed(data) }
    const { statuses } = await load(server, options)
    const value = server.memory('VmRSS')
    const peak = server.memory('VmHWM')
    await server.stop()
    const replies = Object.entries(statuses).map(([status, n]) => `${n} x ${status}`)
    return [
      limitLine({
        row: `resident memory after ${whole(requests)} reads`,
        value: afterReads,
        limit: 150,
        unit: 'MiB',
        note: `${before.toFixed(0)} MiB before`,
      }),
      limitLine({
        row: `and ${whole(requests)} of all kinds, logins too`,
        value,
        limit: 150,
        unit: 'MiB',
        note: `${peak.toFixed(0)} MiB at most; ${replies.join(', ')}`,
      }),
    ]
  },
}

const mixed =
  ({ tokens, usernames }: Data) =>
  (connection: number) =>
    Array.from({ length: BETWEEN_LOGINS }, (_, i) => {
      const token = tokens[connection]
      const id = 1 + ((connection * 97 + i * 13) % ROWS)
      const username = usernames[connection % usernames.length]
      if (i === connection * 7) return post('/api/v1/login', { username, password: PASSWORD })
      const kinds = [
        get(`/api/v1/posts/${id}`),
        get(`/api/v1/books/${id}`, token),
        post('/api/v1/todos', { title: `Copy page ${i}` }, token),
        get(`/api/v1/posts/${id}`, token),
        get('/api/v1/todos?limit=20', token),
        get(`/api/v1/users/${1 + (id % usernames.length)}`),
        get('/api/v1/me', token),
        get('/api/v1/books/2147483647', token),
        get(`/api/v1/books/${id}`, 'e30.e30.e30'),
        get('/healthz'),
      ]
      return kinds[i % kinds.length] ?? get('/healthz')
    })
