import { availableParallelism } from 'node:os'
import { test } from 'tap'
import { start } from '../../helper.ts'

const PASSWORD = 'a quiet place to write'
/** How many passwords are looked at or wait at most (hasher.ts). */
const ROOM = Math.max(1, availableParallelism() - 1) + 8

await test('S13 too many logins at once are a 503 at once, and reads are answered meanwhile', async (t) => {
  const { as, request, backend } = await start(t, { env: { BCRYPT_COST: '10' } })
  await as('alice')
  const answered: string[] = []
  const login = async (username: string) => {
    const reply = await request('POST', '/api/v1/login', {
      body: { username, password: PASSWORD },
    })
    answered.push(String(reply.status))
    return reply
  }
  const read = async () => {
    const reply = await request('GET', '/api/v1/posts')
    answered.push('read')
    return reply
  }
  const many = Array.from({ length: ROOM + 5 }, (_, i) => login(i === 0 ? 'alice' : `user-${i}`))
  const reads = Array.from({ length: 5 }, read)
  for (const reply of await Promise.all(reads)) t.match(reply, { status: 200 })
  const replies = await Promise.all(many)

  const busy = replies.filter(({ status }) => status === 503)
  // On PostgreSQL the first may be done before the last has read its user.
  t.ok(busy.length >= 1 && busy.length <= 5, `${busy.length} were too many`)
  for (const reply of busy)
    t.match(reply, {
      headers: { 'retry-after': '1', 'cache-control': 'no-store' },
      body: { error: 'Service Unavailable', message: 'The server is busy, try again later' },
    })
  const wrong = replies.filter(({ status }) => status === 401).length
  // In which order they reach the queue is the database's affair.
  const right = replies.filter(({ status }) => status === 200).length
  t.equal(right + wrong + busy.length, ROOM + 5, 'all others are told in time')
  t.ok(right <= 1, 'only one knew the password')
  const last = Math.max(answered.lastIndexOf('200'), answered.lastIndexOf('401'))
  t.ok(answered.lastIndexOf('503') < last, 'nobody waits to be refused')
  t.ok(answered.lastIndexOf('read') < last, 'nor to read')

  const { loginFailures } = backend.store.tables
  const counted = await backend.store.query((q) => q.select().from(loginFailures))
  t.equal(counted.length, 2 * wrong, 'S14 who was refused has not failed')
  t.match(await login('alice'), { status: 200 }, 'and all is well again')
})
