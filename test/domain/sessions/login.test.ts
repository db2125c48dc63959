import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { test, type Test } from 'tap'
import { loadConfig, type Env } from '../../../src/config/index.ts'
import { createHasher, type Hasher } from '../../../src/domain/accounts/hasher.ts'
import { Overloaded } from '../../../src/base/errors.ts'
import { openBackend } from '../../../src/open-backend.ts'
import { engine, freshDatabase } from '../../database.ts'
import { movableClock } from '../../helper.ts'

const PASSWORD = 'a quiet place to write'
const ORIGIN = { ip: '192.0.2.1', userAgent: undefined, requestId: 'r' }
const threads = createHasher({ queue: 100 })

/** A backend whose hasher tells what it was asked, and lets something happen once a password has been compared. */
async function open(t: Test, env: Env = {}, databaseUrl?: string) {
  const url = databaseUrl ?? (await freshDatabase(t))
  const asked: Array<{ stored: string | undefined; cost: number }> = []
  const once: { compared?: () => Promise<unknown> } = {}
  const hasher: Hasher = {
    ...threads,
    async compare(preHash, stored, cost) {
      asked.push({ stored, cost })
      const same = await threads.compare(preHash, stored, cost)
      const { compared } = once
      delete once.compared
      await compared?.()
      return same
    },
  }
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url, ...env })
  const clock = movableClock()
  const { backend, close } = await openBackend(config, { clock, hasher })
  t.teardown(close)
  const login = (username: string, password = PASSWORD) =>
    backend.sessions.login({ username, password }, ORIGIN, { rotating: false })
  const register = (username: string) => backend.accounts.register({ username, password: PASSWORD })
  const rows = () => backend.store.query((q) => q.select().from(backend.store.tables.users))
  return { backend, clock, asked, once, login, register, rows, url }
}

await test('S10 an unknown, a suspended and a mistaken user cost one hash of the present cost', async (t) => {
  const { backend, asked, login, register } = await open(t)
  const { id } = await register('alice')
  await backend.accounts.setStatus((await register('bob')).id, 'suspended')
  await login('alice')
  asked.length = 0
  await t.rejects(login('alice', 'a wrong password'), { code: 'INVALID_CREDENTIALS' })
  await t.rejects(login('bob'), { code: 'INVALID_CREDENTIALS' }, 'suspended')
  await t.rejects(login('nobody'), { code: 'INVALID_CREDENTIALS' }, 'unknown')
  await t.rejects(login('\u{1F422}'), { code: 'INVALID_CREDENTIALS' }, 'cannot be a name')
  t.match(
    asked.map(({ stored, cost }) => [stored?.slice(0, 7), cost]),
    [
      ['$2b$04$', 4],
      ['$2b$04$', 4],
      [undefined, 4],
      [undefined, 4],
    ],
  )
  t.match(await backend.accounts.find(id), { username: 'alice' })
})

await test('S8 S11 after a raise of the cost a login rewrites the hash, and it was padded till then', async (t) => {
  const before = await open(t)
  await before.register('alice')
  const [old] = await before.rows()
  const { asked, login, rows } = await open(t, { BCRYPT_COST: '5' }, before.url)
  await t.rejects(login('alice', 'a wrong password'))
  t.match(asked, [{ stored: /^\$2b\$04/, cost: 5 }])
  t.match(await rows(), [{ passwordHash: old?.passwordHash }], 'not by a wrong password')
  await login('alice')
  t.match(await rows(), [{ passwordHash: /\$2b\$05\$/, revision: old?.revision }])
  const [rewritten] = await rows()
  await login('alice')
  t.match(await rows(), [{ passwordHash: rewritten?.passwordHash }], 'once is enough')
})

await test('S8 logins at the same moment after a raise of the cost all succeed', async (t) => {
  const before = await open(t)
  await before.register('alice')
  const { login } = await open(t, { BCRYPT_COST: '5' }, before.url)
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => login('alice')))
  t.strictSame(
    outcomes.map(({ status }) => status),
    Array(4).fill('fulfilled'),
  )
})

await test('S40 what happens to an account while its password is looked at is not missed', async (t) => {
  const { backend, once, login, register } = await open(t)
  const { accounts, store } = backend
  const { sessions } = store.tables
  const actor = { username: '', role: 'admin' as const, sessionId: '', origin: ORIGIN }
  const changes: Record<string, (id: number) => Promise<unknown>> = {
    password: (id) => accounts.setPassword(id, 'another place to write'),
    suspension: (id) => accounts.setStatus(id, 'suspended'),
    deletion: (id) => accounts.remove({ ...actor, id }, id),
  }
  for (const [name, change] of Object.entries(changes)) {
    const { id } = await register(`user-${name}`)
    once.compared = () => change(id)
    await t.rejects(login(`user-${name}`), { code: 'INVALID_CREDENTIALS' }, name)
  }
  t.strictSame(await store.query((q) => q.select().from(sessions)), [], 'no session was opened')
  const { id } = await register('carol')
  once.compared = () => accounts.setRole(id, 'moderator')
  const { accessToken } = await login('carol')
  const [, payload = ''] = accessToken.split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), { role: 'moderator' })
})

const onlyPostgres = engine === 'sqlite' && 'SQLite has one writer at a time'
await test(
  'S40 a password change that has not committed yet is waited for',
  { skip: onlyPostgres },
  async (t) => {
    const { once, login, register, rows, url } = await open(t)
    const { id } = await register('alice')
    const other = new Client({ connectionString: url })
    await other.connect()
    let committed: Promise<unknown> | undefined
    once.compared = async () => {
      await other.query('BEGIN')
      await other.query("UPDATE users SET password_hash = 'new' WHERE id = $1", [id])
      await other.query('UPDATE sessions SET ended_at = now() WHERE user_id = $1', [id])
      committed = sleep(100).then(() => other.query('COMMIT'))
    }
    await t.rejects(login('alice'), { code: 'INVALID_CREDENTIALS' })
    await committed
    await other.end()
    t.match(await rows(), [{ passwordHash: 'new' }])
  },
)

await test('S30 a start without the secret of a password is refused, with the count', async (t) => {
  const [older, newer] = ['older'.repeat(8), 'newer'.repeat(8)]
  const before = await open(t, { SECRET_KEY: older })
  for (const name of ['alice', 'bob', 'carol']) await before.register(name)

  const both = await open(t, { SECRET_KEY: `${newer},${older}` }, before.url)
  await both.login('alice')
  t.equal(await both.backend.keys.rewrap(), 1)
  await t.rejects(open(t, { SECRET_KEY: newer }, before.url), {
    message: /lacks a value that 2 password\(s\) and 0 signing key\(s\)/,
  })
  await both.login('bob')
  await both.login('carol')
  const after = await open(t, { SECRET_KEY: newer }, before.url)
  for (const name of ['alice', 'bob', 'carol']) t.ok(await after.login(name), name)
  await t.rejects(after.login('alice', 'a wrong password'), { code: 'INVALID_CREDENTIALS' })
  await t.rejects(open(t, { SECRET_KEY: 'strange'.repeat(8) }, before.url), {
    message: /3 password\(s\) and 1 signing key\(s\)/,
  })
})

await test('S14 a password that was not looked at is not counted as wrong', async (t) => {
  const { backend, clock, once, login, register } = await open(t)
  await register('alice')
  const { loginFailures } = backend.store.tables
  const counted = () =>
    backend.store.query((q) => q.select().from(loginFailures).orderBy(loginFailures.key))
  for (let i = 0; i < 20; i++) {
    once.compared = () => Promise.reject(new Overloaded())
    await t.rejects(login('alice', 'a wrong password'), { code: 'OVERLOADED' })
  }
  t.strictSame(await counted(), [])
  for (let i = 0; i < 5; i++)
    await t.rejects(login('alice', 'wrong'), { code: 'INVALID_CREDENTIALS' })
  const before = await counted()
  clock.advance(2)
  once.compared = () => Promise.reject(new Overloaded())
  await t.rejects(login('alice'), { code: 'OVERLOADED' })
  t.strictSame(
    (await counted()).map(({ failures }) => failures),
    before.map(({ failures }) => failures),
    'its turn is given back',
  )
  t.ok(await login('alice'), 'and may be taken again at once')
})

await threads.close()
