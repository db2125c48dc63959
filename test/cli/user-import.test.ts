import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { freshDatabase } from '../database.ts'
import { FOREIGN_HASHES, FOREIGN_PASSWORD } from '../foreign-hashes.ts'
import { movableClock, start } from '../helper.ts'
import { here, inside, refused, register } from './command.ts'

async function open(t: Test) {
  const url = await freshDatabase(t)
  const folder = t.testdir({})
  return {
    url,
    file(name: string, text: string) {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
    run: (...args: string[]) => here(['user', 'import', ...args], { url }),
    names: () =>
      inside(url, async ({ accounts }) =>
        (await accounts.list({ limit: 500, offset: 0 })).items.map(({ username }) => username),
      ),
  }
}
const json = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n')
const nameOf = (made: string) => made.replaceAll(' ', '.')

await test('S91 people come along with their passwords, which are ours after the first login', async (t) => {
  const { url, file, run, names } = await open(t)
  const rows = FOREIGN_HASHES.map(([made, hash], index) => ({
    username: nameOf(made),
    password_hash: hash,
    ...(index === 0 && { email: 'first@example.com', email_verified: true, role: 'admin' }),
    ...(index === 1 && { created_at: '2019-02-03T04:05:06Z' }),
  }))
  const path = file('users.ndjson', json(rows))
  const before = await run(path, '--dry-run')
  t.match(before, { code: 0, stdout: /can be imported: 12 accounts created\. Nothing was written/ })
  t.same(await names(), [])
  t.match(await run(path), { code: 0, stdout: /^Imported .*: 12 accounts created\.\n$/ })
  t.same(
    await names(),
    rows.map(({ username }) => username),
  )

  const { backend, request } = await start(t, { databaseUrl: url })
  const post = (to: string, body: object) => request('POST', to, { body })
  const hashOf = async (username: string) => {
    const { users } = backend.store.tables
    const found = await backend.store.query((q) =>
      q.select({ name: users.username, hash: users.passwordHash }).from(users),
    )
    return found.find(({ name }) => name === username)?.hash
  }
  for (const { username } of rows) {
    t.match(await hashOf(username), /^\$foreign-/)
    const wrong = { identifier: username, password: 'Grüße aus Köln 8' }
    t.match(await post('/api/v2/auth/login', wrong), { status: 401 })
    const login = { identifier: username, password: FOREIGN_PASSWORD }
    t.match(await post('/api/v2/auth/login', login), { status: 200 }, username)
    t.match(await hashOf(username), /^\$bcrypt-hmac-sha384\$/, 'it is one of ours now')
    t.match(await post('/api/v2/auth/login', login), { status: 200 }, 'and goes on to work')
  }
  const admin = await backend.accounts.findByName(rows[0]!.username)
  t.match(admin, { role: 'admin', email: 'first@example.com' })
  const old = await request('GET', '/api/v1/users?limit=2')
  t.match(old.body.users[1], { created_at: '2019-02-03T04:05:06.000Z' })
})

await test('S91 v1 and a password change know the old password, too', async (t) => {
  const { url, file, run } = await open(t)
  const [, hash] = FOREIGN_HASHES[3]!
  const rows = ['ann', 'ben'].map((username) => ({ username, password_hash: hash }))
  t.match(await run(file('users.jsonl', json(rows))), { code: 0 })
  const { request } = await start(t, { databaseUrl: url })
  const post = (to: string, body: object) => request('POST', to, { body })
  t.match(await post('/api/v1/login', { username: 'ann', password: FOREIGN_PASSWORD }), {
    status: 200,
  })
  const alike = { username: 'b\u0435n', password: 'a quiet place to write' }
  t.match(await post('/api/v2/auth/register', alike), {
    status: 422,
    body: { errors: [{ code: 'username_confusable' }] },
  })
})

await test('S91 bad rows are told by line before anything is written, or passed over', async (t) => {
  const { url, file, run, names } = await open(t)
  await register(url, 'alice')
  const [, hash] = FOREIGN_HASHES[3]!
  const path = file(
    'users.csv',
    [
      'id,username,email,email_verified,password_hash,role',
      `1,bob,bob@example.com,true,${hash},user`,
      `2,alice,,,${hash},`,
      `3,carol,bob@example.com,,${hash},`,
      '4,dora,,,d41d8cd98f00b204e9800998ecf8427e,',
      `5,BOB,,,${hash},`,
      `6,erin,,,${hash},king`,
      '7,finn,finn@example.com,,!unusable,',
      `8,gwen,,true,${hash},`,
    ].join('\n'),
  )
  const refusal = await run(path)
  t.equal(refusal.code, 1)
  t.equal(
    refusal.stderr,
    `error: 6 rows of ${path} cannot be imported. Nothing was written:
  line 3: Username already exists
  line 4: The row in line 2 has the same email
  line 5: password_hash is of no kind that can be checked
  line 6: The row in line 2 has the same username
  line 7: role must be one of user, moderator, admin
  line 9: email_verified is true without an email
`,
  )
  t.same(await names(), ['alice'])
  const unknown = file('unknown.ndjson', '{"username":"hal","age":7}\n')
  t.match((await run(unknown)).stderr, /line 1: "age" is not a member of this row\n/)
  t.match(await run(`${path}.csv`), { code: 1, stderr: `error: There is no file ${path}.csv.\n` })
  const skipped = await run(path, '--on-error', 'skip')
  t.match(skipped, { code: 0, stdout: /: 2 accounts created, 6 passed over\./ })
  t.same(await names(), ['alice', 'bob', 'finn'])
  const again = await run(path, '--on-error', 'skip')
  t.match(again, { code: 0, stdout: /: 0 accounts created, 8 passed over\./ }, 'nobody twice')

  const { request, backend } = await start(t, { databaseUrl: url })
  const post = (to: string, body: object) => request('POST', to, { body })
  for (const password of ['!unusable', '!', ''])
    t.match(await post('/api/v2/auth/login', { identifier: 'finn', password }), { status: 401 })
  const trail = await backend.store.query((q) => q.select().from(backend.store.tables.auditEvents))
  t.equal(trail.filter(({ action }) => action === 'register').length, 3, 'alice, bob and finn')
})

await test('S91 more accounts than one transaction takes', async (t) => {
  const { file, run, names } = await open(t)
  const rows = Array.from({ length: 1203 }, (_, index) => `name${index}`)
  const path = file('users.csv', ['username', ...rows].join('\n'))
  t.match(await run(path), { code: 0, stdout: /: 1203 accounts created\./ })
  t.equal((await names()).length, 500)
  const strange = await run(file('x.csv', 'username,shoe_size\nx,7'))
  t.match(strange, { code: 1, stderr: /line 1: "shoe_size" is not a column/ })
  refused(t, await run(file('users', 'username\nx')), /add --format csv/)
})

await test('S10 S91 names that nobody has take the times of those that came along', async (t) => {
  const { url, file, run } = await open(t)
  await register(url, 'alice', 'bob', 'carol')
  const [, hash] = FOREIGN_HASHES[3]!
  const rows = ['dora', 'erin', 'finn'].map((username) => ({ username, password_hash: hash }))
  t.match(await run(file('users.ndjson', json(rows))), { code: 0 })
  const clock = movableClock()
  const { backend, request } = await start(t, { databaseUrl: url, clock })
  const post = (to: string, body: object) => request('POST', to, { body })
  const names = Array.from({ length: 400 }, (_, index) => `nobody${index}`)
  const look = async () => {
    const found = []
    for (const name of names) found.push(await backend.decoyFor(name))
    return found
  }
  const decoys = await look()
  const foreign = decoys.filter((decoy) => decoy?.startsWith('$foreign-'))
  t.ok(foreign.length > 120 && foreign.length < 280, `half of them: ${foreign.length} of 400`)
  t.same(await look(), decoys, 'each as before')

  const name = names.find((_, index) => decoys[index])
  const guess = { identifier: name, password: FOREIGN_PASSWORD }
  t.match(await post('/api/v2/auth/login', guess), { status: 401 }, 'whose password it is')
  for (const { username } of rows)
    await post('/api/v2/auth/login', { identifier: username, password: FOREIGN_PASSWORD })
  clock.advance(61)
  t.same(await backend.decoyFor(name ?? ''), undefined, 'all have moved')
})
