import { getTableName } from '../../src/db/drizzle.ts'
import Database from 'better-sqlite3'
import { test, type Test } from 'tap'
import { makeSeed } from '../../src/cli/seed-data.ts'
import { engine, freshDatabase } from '../database.ts'
import {
  commonplace,
  here,
  inside,
  logsIn,
  ORIGIN,
  PASSWORD,
  refused,
  register,
} from './command.ts'

const production = {
  NODE_ENV: 'production',
  SECRET_KEY: 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a',
  PUBLIC_URL: 'https://api.example.com',
  BCRYPT_COST: '10',
}

await test('the same seed gives the same rows, times included', async (t) => {
  const dumps: Array<Record<string, unknown[]>> = []
  for (const seed of ['7', '7', '8'])
    await t.test(`--seed ${seed}`, async (t) => {
      const url = await freshDatabase(t)
      t.match(await here(['seed', '--seed', seed, '--users', '5'], { url }), { code: 0 })
      dumps.push(await dump(url))
    })
  const [one, same, other] = dumps
  t.ok(one?.['posts']?.length && one['todos']?.length && one['books']?.length)
  t.strictSame(same, one)
  t.notSame(other?.['posts'], one?.['posts'])
})

await test('seeded users are ordinary: the printed password works, nothing is of the future', async (t) => {
  const url = await freshDatabase(t)
  const result = await commonplace(['seed'], { url })
  t.match(result, {
    code: 0,
    stderr: '',
    stdout: /^Seeded 20 users, \d+ posts, \d+ to-dos and \d+ /,
  })
  const [, username = '', password = ''] =
    /Every seeded user, such as (\S+), has the password (\S+)\n$/.exec(result.stdout) ?? []
  t.ok(await logsIn(url, username, password))
  const { items, total } = await inside(url, ({ accounts }) =>
    accounts.list({ limit: 50, offset: 0 }),
  )
  t.equal(total, 20)
  for (const { role, email, createdAt } of items) {
    t.match({ role, email }, { role: 'user', email: /@example\.com$/ })
    t.ok(createdAt < new Date('2026-01-01'))
  }
  t.ok(await logsIn(url, items.at(-1)?.username ?? '', password))
  const [key] = await inside(url, ({ keys }) => keys.list())
  t.ok(Date.now() - Number(key?.createdAt) < 600_000, 'the signing key is of today')
})

await test('a database that knows one of the usernames is left as it is', async (t) => {
  const url = await freshDatabase(t)
  const last = makeSeed(42, 20, 8).registrations.at(-1)?.username ?? ''
  await register(url, last.toUpperCase())
  refused(t, await here(['seed'], { url }), /seeded with this seed already, or has users/)
  t.equal(await inside(url, ({ accounts }) => accounts.count()), 1)
  t.match(await here(['seed', '--seed', '1'], { url }), { code: 0 })
  refused(t, await here(['seed', '--seed', '1'], { url }), /and 17 more\.$/m)
  t.equal(await inside(url, ({ accounts }) => accounts.count()), 21)
})

const skip = engine === 'postgres' && 'writers of PostgreSQL do not keep each other out'
await test('seed waits for a database that is busy for a while', { skip }, async (t) => {
  const url = await freshDatabase(t)
  const other = new Database(url.slice('sqlite:'.length))
  const count = other.prepare<[], number>('SELECT count(*) FROM users').pluck()
  const seeding = here(['seed'], { url })
  while (count.get() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  other.exec('BEGIN IMMEDIATE')
  setTimeout(() => other.exec('COMMIT'), 1500)
  t.match(await seeding, { code: 0, stderr: '' })
  t.equal(count.get(), 20)
  other.close()
})

await test('S17 production gets no account whose password follows from the seed', async (t) => {
  const url = await freshDatabase(t)
  const seed = (args: string[], input = '') =>
    commonplace(['seed', '--users', '2', ...args], { url, env: production, input })
  refused(t, await seed([]), /in production, give one with --ask-password/)
  refused(t, await seed(['--ask-password'], 'short'), /at least 8/)
  t.equal(await inside(url, ({ accounts }) => accounts.count(), production), 0)

  const result = await seed(['--ask-password'], `${PASSWORD}\n`)
  t.match(result, { code: 0, stdout: /^Seeded 2 users, .*\n$/ })
  t.notMatch(result.stdout, PASSWORD)
  const [first] = makeSeed(42, 2, 8).registrations
  await inside(
    url,
    ({ sessions }) =>
      sessions.login({ username: first?.username ?? '', password: PASSWORD }, ORIGIN, {
        rotating: false,
      }),
    production,
  )
})

await test('a password policy that asks for more gets more', async (t) => {
  t.ok(makeSeed(42, 1, 64).password.length >= 64)
  t.equal(makeSeed(42, 1, 8).password, makeSeed(42, 1, 8).password)
  t.not(makeSeed(42, 1, 8).password, makeSeed(43, 1, 8).password)
})

await test('a thousand users keep the rules of usernames, each its own', (t: Test) => {
  for (const seed of [1, 2, 3]) {
    const names = makeSeed(seed, 1000, 8).registrations.map(({ username }) => username)
    t.equal(new Set(names).size, 1000)
    t.strictSame(
      names.filter((name) => !/^[a-z.\-\d]{3,32}$/.test(name)),
      [],
    )
  }
  t.end()
})

/** Every row of every table, but for what must differ: salts, keys and what is made with them. */
function dump(url: string) {
  return inside(url, async ({ store }) => {
    const { users, posts, todos, books, auditEvents } = store.tables
    const rows: Record<string, unknown[]> = {}
    for (const table of [posts, todos, books, auditEvents])
      rows[getTableName(table)] = await store.query((q) => q.select().from(table).orderBy(table.id))
    const people = await store.query((q) => q.select().from(users).orderBy(users.id))
    rows['users'] = people.map((row) => ({ ...row, passwordHash: 'salted' }))
    return rows
  })
}
