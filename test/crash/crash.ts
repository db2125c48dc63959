// Kills a server under write load again and again, and looks for every write that it acknowledged:
// node test/crash/crash.ts --times 100
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { ALICE, logIn, startServer, type ServerProcess, type Tokens } from './server-process.ts'

const WRITERS = 16

/** What the server said that it had done. */
interface Acknowledged {
  posts: Map<number, string>
  todos: Map<number, string>
  ended: Tokens[]
  /** The last session that nobody ended. */
  kept: Tokens | undefined
  /** What the kill left unanswered, with the keys that make it safe to send again. */
  unanswered: Array<{ kind: 'posts' | 'todos'; body: { title: string }; key: string }>
}
interface Report {
  acknowledged: number
  /** Milliseconds from the start of the process until it listened, for each restart. */
  restarts: number[]
  /** What was lost, doubled or broken. */
  faults: string[]
}

/** Writes until the server is gone; the kill comes at a random moment after a random number of acknowledgements. */
async function load(server: ServerProcess, round: number): Promise<Acknowledged> {
  const said: Acknowledged = {
    posts: new Map(),
    todos: new Map(),
    ended: [],
    kept: undefined,
    unanswered: [],
  }
  const token = (await logIn(server)).access
  let left = 20 + Math.floor(Math.random() * 200)
  let killed: Promise<void> | undefined
  const acknowledge = () => {
    left -= 1
    if (left > 0 || killed) return
    killed = sleep(Math.random() * 5).then(() => server.stop())
  }
  const untilGone = async (step: (count: number) => Promise<void>) => {
    for (let count = 0; ; count++) {
      try {
        await step(count)
      } catch (error) {
        // fetch says TypeError of a connection that broke
        if (error instanceof TypeError) return
        throw error
      }
    }
  }
  const writer = (which: number) =>
    untilGone(async (count) => {
      const title = `round ${round}, writer ${which}, ${count}`
      const kind = (which + count) % 2 === 0 ? 'posts' : 'todos'
      const content = kind === 'posts' ? { content: 'x'.repeat(200) } : {}
      // One half of them knows no keys, and may not ask again.
      const isKeyed = which % 2 === 0
      const body = { title, ...content }
      const sent = server.send(
        'POST',
        `/api/${isKeyed ? 'v2' : 'v1'}/${kind}`,
        body,
        token,
        isKeyed ? { 'idempotency-key': title.replaceAll(/\W+/g, '-') } : {},
      )
      const reply = await sent.catch((error: unknown) => {
        if (isKeyed) said.unanswered.push({ kind, body, key: title.replaceAll(/\W+/g, '-') })
        throw error
      })
      if (reply.status !== 201) throw new Error(`a write was answered with ${reply.status}`)
      said[kind].set(reply.body.id, title)
      acknowledge()
    })
  const visitor = untilGone(async () => {
    said.kept = await logIn(server)
    const session = await logIn(server)
    const { status } = await server.send('POST', '/api/v1/logout', undefined, session.access)
    if (status !== 200) throw new Error(`a logout was answered with ${status}`)
    said.ended.push(session)
  })
  await Promise.all([visitor, ...Array.from({ length: WRITERS }, (_, which) => writer(which))])
  await (killed ?? server.stop())
  return said
}

/** What of all that was said is not so, asked of the file and of the server that came back. */
async function verify(file: string, server: ServerProcess, said: Acknowledged): Promise<string[]> {
  const faults: string[] = []
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      faults.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`)
  }
  // Sent again, what was done is told and what was not is done; what was begun is kept for a minute.
  const again = (await logIn(server)).access
  for (const { kind, body, key } of said.unanswered) {
    const headers = { 'idempotency-key': key }
    const { status, body: made } = await server.send(
      'POST',
      `/api/v2/${kind}`,
      body,
      again,
      headers,
    )
    if (status === 201) said[kind].set(made.id, body.title)
    else expect('an unanswered write, sent again', status, 409)
  }
  const sqlite = new Database(file, { readonly: true })
  expect('integrity', sqlite.pragma('integrity_check', { simple: true }), 'ok')
  expect('foreign keys', sqlite.pragma('foreign_key_check'), [])
  for (const kind of ['posts', 'todos'] as const) {
    const title = sqlite.prepare<[number], string>(`SELECT title FROM ${kind} WHERE id = ?`).pluck()
    for (const [id, wanted] of said[kind]) expect(`${kind} ${id}`, title.get(id), wanted)
    const doubled = `SELECT title FROM ${kind} GROUP BY title HAVING count(*) > 1`
    expect(`doubled ${kind}`, sqlite.prepare(doubled).all(), [])
  }
  // A login opens its session, its refresh token and its line in the audit trail together.
  const halves = `SELECT s.id FROM sessions s LEFT JOIN refresh_tokens r ON r.session_id = s.id
    LEFT JOIN audit_events a ON a.action = 'login' AND a.target_id = s.id
    GROUP BY s.id HAVING count(DISTINCT r.jti) <> 1 OR count(DISTINCT a.id) <> 1`
  expect('half-opened sessions', sqlite.prepare(halves).all(), [])
  sqlite.close()

  const { access } = await logIn(server)
  const [post, todo] = [[...said.posts].at(-1), [...said.todos].at(-1)]
  const get = async (path: string) =>
    (await server.send('GET', path, undefined, access)).body?.title
  if (post) expect('the last post', await get(`/api/v1/posts/${post[0]}`), post[1])
  if (todo) expect('the last to-do', await get(`/api/v1/todos/${todo[0]}`), todo[1])
  const refresh = async (token: string) =>
    (await server.send('POST', '/api/v1/refresh', { refresh_token: token })).status
  for (const session of said.ended.slice(-3)) {
    const { status } = await server.send('GET', '/api/v1/me', undefined, session.access)
    expect('an ended session', [status, await refresh(session.refresh)], [401, 401])
  }
  if (said.kept) expect('a session that goes on', await refresh(said.kept.refresh), 200)
  return faults
}

/** Kills and restarts a server `times` times over one database file in `directory`. */
export async function crash(times: number, directory: string, tell = (_line: string) => {}) {
  const file = join(directory, 'commonplace.db')
  const report: Report = { acknowledged: 0, restarts: [], faults: [] }
  let server = await startServer(file)
  try {
    await server.send('POST', '/api/v1/users', ALICE)
    for (let round = 1; round <= times; round++) {
      const said = await load(server, round)
      server = await startServer(file)
      const faults = await verify(file, server, said)
      const writes = said.posts.size + said.todos.size
      report.acknowledged += writes
      report.restarts.push(server.startedIn)
      report.faults.push(...faults.map((fault) => `round ${round}: ${fault}`))
      tell(
        `${round}: ${writes} writes and ${said.ended.length} logouts acknowledged, back in ${server.startedIn} ms, ${faults.length} faults`,
      )
    }
  } finally {
    await server.stop()
  }
  return report
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { times: { type: 'string', default: '100' } } })
  const directory = mkdtempSync(join(tmpdir(), 'commonplace-crash-'))
  const { acknowledged, restarts, faults } = await crash(
    Number(values.times),
    directory,
    console.log,
  )
  for (const fault of faults) console.error(fault)
  console.log(
    `${restarts.length} crashes, ${acknowledged} acknowledged writes, slowest restart ${Math.max(...restarts)} ms, ${faults.length} faults`,
  )
  if (faults.length === 0) rmSync(directory, { recursive: true })
  else console.error(`the database is kept in ${directory}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
