import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import t, { test } from 'tap'
import { engine } from '../database.ts'
import { ALICE, logIn, startServer } from './server-process.ts'

const run = promisify(execFile)
t.setTimeout(300_000)
const PRLIMIT = '/usr/bin/prlimit'
const skip =
  (engine === 'postgres' && 'the server has its own disk there') ||
  (!existsSync(PRLIMIT) && 'util-linux is not here to limit the size of files')

await test(
  'S75 a server that runs out of disk: 507, reads go on, and writes work again without a restart',
  { skip },
  async (t) => {
    const file = `${t.testdir({})}/commonplace.db`
    const server = await startServer(file)
    t.teardown(() => server.stop())
    /** As a full disk is to a process: what it appends beyond this many bytes is refused (EFBIG). */
    const limit = (bytes: number | 'unlimited') =>
      run(PRLIMIT, ['--pid', String(server.pid), `--fsize=${bytes}:`])

    await server.send('POST', '/api/v1/users', ALICE)
    const { access } = await logIn(server)
    const acknowledged = new Set<number>()
    const write = async () => {
      const post = { title: 'a post', content: 'x'.repeat(50_000) }
      const reply = await server.send('POST', '/api/v1/posts', post, access)
      if (reply.status === 201) acknowledged.add(reply.body.id)
      return reply
    }
    const earlier = (await write()).body.id

    await limit(statSync(`${file}-wal`).size + 200_000)
    let refused = await write()
    while (refused.status === 201) refused = await write()
    const replies = [refused, ...(await Promise.all([write(), write(), write()]))]
    for (const { status, body } of replies) {
      t.equal(status, 507)
      t.strictSame(body, {
        error: 'Insufficient Storage',
        message: 'The server has no room to store this',
      })
    }
    const get = (path: string) => server.send('GET', path, undefined, access)
    t.match(await get(`/api/v1/posts/${earlier}`), { status: 200, body: { title: 'a post' } })
    t.match(await get('/api/v1/me'), { status: 200, body: { username: 'alice' } })
    t.equal((await get('/readyz')).status, 200)

    await limit('unlimited')
    t.equal((await write()).status, 201)
    await server.stop('SIGTERM')
    const sqlite = new Database(file, { readonly: true })
    t.teardown(() => sqlite.close())
    t.equal(sqlite.pragma('integrity_check', { simple: true }), 'ok')
    const kept = sqlite.prepare('SELECT id FROM posts ORDER BY id').pluck().all()
    t.strictSame(kept, [...acknowledged], 'all that was acknowledged, and nothing else')
  },
)
