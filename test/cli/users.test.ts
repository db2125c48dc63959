import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, logsIn, PASSWORD, refused, register } from './command.ts'

const hashes = (url: string) =>
  inside(url, ({ store }) =>
    store.query((q) =>
      q.select({ hash: store.tables.users.passwordHash }).from(store.tables.users),
    ),
  )

await test('user create: the first admin, with the password from standard input', async (t) => {
  const url = await freshDatabase(t)
  const created = await commonplace(['user', 'create', 'alice', '--admin', '--email', 'a@x.test'], {
    url,
    input: `${PASSWORD}\nwhat follows is not read\n`,
  })
  t.strictSame(created, { code: 0, stdout: 'Created admin alice with id 1.\n', stderr: '' })
  t.match(await inside(url, ({ accounts }) => accounts.find(1)), {
    username: 'alice',
    email: 'a@x.test',
    role: 'admin',
    status: 'active',
  })
  t.ok(await logsIn(url, 'alice', PASSWORD))

  const other = await commonplace(['user', 'create', 'bob', '--role', 'moderator'], {
    url,
    input: `${PASSWORD}\r\n`,
  })
  t.match(other, { code: 0, stdout: /^Created moderator bob / })
  t.ok(await logsIn(url, 'bob', PASSWORD), 'the end of the line is no part of it, on Windows too')
  t.match(await commonplace(['user', 'create', 'carol'], { url, input: PASSWORD }), {
    code: 0,
    stdout: /^Created user carol /,
  })
})

await test('S84 user create: an address is that of one mailbox', async (t) => {
  const url = await freshDatabase(t)
  const options = { url, input: PASSWORD }
  const create = ['user', 'create', 'alice', '--email']
  refused(t, await commonplace([...create, 'a..b@example.com'], options), /email must be an email/)
  t.match(await commonplace([...create, 'a@münchen.example'], options), { code: 0 })
  t.match(await inside(url, ({ accounts }) => accounts.find(1)), { email: 'a@münchen.example' })
})

await test('S73 user create: refusals create nothing and show no password', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const create = (username: string, input: string | Buffer, ...more: string[]) =>
    commonplace(['user', 'create', username, ...more], { url, input })

  refused(t, await create('ALICE', PASSWORD), /Username already exists/)
  refused(t, await create('bob', ''), /No password was given/)
  refused(t, await create('bob', Buffer.from([0x70, 0xff, 0x0a])), /not UTF-8/)
  refused(t, await create('bob', 'x'.repeat(5000)), /too long/)
  const all = await create('root', 'Tr0ub4d', '--email', 'nowhere')
  refused(t, all, /username .*email .*password must have at least 8/)
  t.notMatch(all.stderr, 'Tr0ub4d')
  t.equal((await inside(url, ({ accounts }) => accounts.list({ limit: 9, offset: 0 }))).total, 1)
})

await test('user list: for people and for scripts, without a hash', async (t) => {
  const url = await freshDatabase(t)
  t.match(await here(['user', 'list'], { url }), { stdout: 'There is no user yet.\n' })
  t.match(await here(['user', 'list', '--json'], { url }), { code: 0, stdout: '[]\n' })
  await register(url, 'alice', 'bob')
  const text = await commonplace(['user', 'list'], { url })
  t.match(text, {
    code: 0,
    stderr: '',
    stdout: /^ID  USERNAME  ROLE .*\n1 +alice .*\n2 +bob .*\n$/,
  })
  const json = await commonplace(['user', 'list', '--json'], { url })
  const rows = JSON.parse(json.stdout)
  t.strictSame(Object.keys(rows[0]), ['id', 'username', 'role', 'status', 'email', 'created_at'])
  t.match(rows, [
    { id: 1, username: 'alice', role: 'user', status: 'active', email: null, created_at: /Z$/ },
    { id: 2, username: 'bob' },
  ])
  for (const { hash } of await hashes(url)) t.notOk((text.stdout + json.stdout).includes(hash))
})

await test('user list: more than one page', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  await inside(url, async ({ store }) => {
    const { users } = store.tables
    const [alice] = await store.query((q) => q.select().from(users))
    const rows = Array.from({ length: 500 }, (_, index) => {
      const { id: _id, ...row } = alice!
      return { ...row, username: `user${index}`, usernameKey: `user${index}` }
    })
    await store.write(store.define('test_insert', (q) => q.insert(users).values(rows)))
  })
  const rows = JSON.parse((await here(['user', 'list', '--json'], { url })).stdout)
  t.equal(rows.length, 501)
  t.equal(new Set(rows.map(({ id }: { id: number }) => id)).size, 501)
})

await test('user role: effective at the next request', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  t.match(await commonplace(['user', 'role', 'alice', 'moderator'], { url }), { code: 0 })
  t.match(await inside(url, ({ accounts }) => accounts.findByName('alice')), { role: 'moderator' })
  refused(t, await here(['user', 'role', 'nobody', 'admin'], { url }), /no user nobody/)
})

await test('S40 user suspend ends the sessions, user restore lets in again', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice', 'bob')
  t.ok(await logsIn(url, 'alice', PASSWORD))
  t.match(await commonplace(['user', 'suspend', 'Alice'], { url }), { code: 0 })
  t.match(await inside(url, ({ accounts }) => accounts.findByName('alice')), {
    status: 'suspended',
  })
  t.equal(await openSessions(url), 0)
  t.notOk(await logsIn(url, 'alice', PASSWORD))
  t.ok(await logsIn(url, 'bob', PASSWORD), 'nobody else is touched')

  t.match(await commonplace(['user', 'restore', 'alice'], { url }), { code: 0 })
  t.ok(await logsIn(url, 'alice', PASSWORD))
  for (const verb of ['suspend', 'restore'])
    refused(t, await here(['user', verb, 'nobody'], { url }), /no user nobody/)
})

await test('S40 user password: the new one works, the sessions of the old one have ended', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  t.ok(await logsIn(url, 'alice', PASSWORD))
  const before = await hashes(url)
  const set = (username: string, input: string) =>
    commonplace(['user', 'password', username], { url, input })

  refused(t, await set('alice', 'short'), /at least 8/)
  refused(t, await set('nobody', 'another quiet place'), /no user nobody/)
  t.strictSame(await hashes(url), before, 'nothing has changed')
  t.equal(await openSessions(url), 1)

  const changed = await set('alice', 'another quiet place\n')
  t.match(changed, { code: 0, stderr: '' })
  t.notMatch(changed.stdout, 'another quiet place')
  t.equal(await openSessions(url), 0)
  t.notOk(await logsIn(url, 'alice', PASSWORD))
  t.ok(await logsIn(url, 'alice', 'another quiet place'))
})

function openSessions(url: string) {
  return inside(url, async ({ store }) => {
    const rows = await store.query((q) => q.select().from(store.tables.sessions))
    return rows.filter(({ endedAt }) => endedAt === null).length
  })
}
