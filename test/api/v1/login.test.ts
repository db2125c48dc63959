import { test } from 'tap'
import { type Reply, type Send, start, type Started } from '../../helper.ts'
import { claimsOf } from './forge.ts'

const PASSWORD = 'a quiet place to write'
const form = (fields: Record<string, string>): Send => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
})
const login = ({ request }: Pick<Started, 'request'>, send: Send) =>
  request('POST', '/api/v1/login', send)
const sidOf = (token: string) => String(claimsOf(token)['sid'])
const WRONG = { status: 401, body: { error: 'Unauthorized', message: 'Invalid credentials' } }

const alice = { username: 'Alice', email: 'Alice.B@example.com', password: PASSWORD }

await test('a login takes the username or the email, as JSON or as a form', async (t) => {
  const node = await start(t)
  await node.request('POST', '/api/v1/users', { body: alice })
  const names = [
    { username: 'Alice' },
    { username: 'aLICE' },
    { username: 'Ａｌｉｃｅ' },
    { email: 'Alice.B@example.com' },
    { email: 'ALICE.b@EXAMPLE.com' },
    { username: 'Alice', email: 'someone@else.test' },
  ]
  for (const name of names) {
    const fields = { ...name, password: PASSWORD }
    for (const send of [{ body: fields }, form(fields)]) {
      const reply = await login(node, send)
      const what = JSON.stringify([name, send.headers])
      t.match(reply, { status: 200, headers: { 'cache-control': 'no-store' } }, what)
      t.match(reply.body, { token_type: 'Bearer', expires_in: 900 }, what)
      t.strictSame(
        Object.keys(reply.body).toSorted(),
        ['access_token', 'expires_in', 'refresh_token', 'token_type'],
        what,
      )
    }
  }
  const crossed = [{ username: alice.email }, { email: alice.username }, { username: ' Alice' }]
  for (const name of [...crossed, { username: 'nobody', email: alice.email }])
    t.match(
      await login(node, { body: { ...name, password: PASSWORD } }),
      WRONG,
      JSON.stringify(name),
    )
})

await test('S7 a login that is no login is a 400 that says why', async (t) => {
  const node = await start(t)
  await node.request('POST', '/api/v1/users', { body: alice })
  const name = { username: 'Alice' }
  const rows: Array<[Send, RegExp]> = [
    [{ body: { password: PASSWORD } }, /username or email/],
    [{ body: name }, /password/],
    [{ body: {} }, /password/],
    [form({ password: PASSWORD }), /username or email/],
    [form({ ...name, password: PASSWORD, remember: 'yes' }), /remember/],
    [form({ ...name }), /password/],
    [{ body: { ...name, password: PASSWORD, otp: '1' } }, /otp/],
    [{ body: [name] }, /./],
    [{ body: '{"username":', headers: { 'content-type': 'application/json' } }, /JSON/],
    [{ body: 'Alice', headers: { 'content-type': 'text/plain' } }, /^Request must be JSON$/],
    [{}, /./],
    ...[7, null, true, [PASSWORD], { $ne: '' }].flatMap((value): Array<[Send, RegExp]> => [
      [{ body: { ...name, password: value } }, /password/],
      [{ body: { username: value, password: PASSWORD } }, /username/],
      [{ body: { email: value, password: PASSWORD } }, /email/],
    ]),
  ]
  for (const [send, message] of rows)
    t.match(await login(node, send), { status: 400, body: { message } }, JSON.stringify(send))
  const twice = 'username=Alice&password=x&password=y'
  const repeated = { headers: form({}).headers ?? {}, body: twice }
  t.match(await login(node, repeated), { status: 400 }, 'a repeated field is no list')
})

await test('S5 S6 a password is taken whole, and no other spelling of it gets in', async (t) => {
  const node = await start(t)
  const start72 = 'correct horse battery '.repeat(4).slice(0, 72)
  const stored = { long: `${start72}staple`, accented: 'Ångström-Zürich', short: 'abcdefgh' }
  for (const [username, password] of Object.entries(stored))
    await node.request('POST', '/api/v1/users', { body: { username, password } })
  const tries: Array<[string, string, number | RegExp]> = [
    ['long', stored.long, 200],
    ['long', `${start72}horse!`, 401],
    ['long', start72, 401],
    ['accented', stored.accented.normalize('NFD'), 200],
    ['accented', stored.accented.normalize('NFC'), 200],
    ['accented', 'Angstrom-Zurich', 401],
    ['short', 'abcdefgh', 200],
    ['short', 'abcdefgh\0abcdefgh', /^40[01]$/],
    ['short', 'abcdefgh\0', /^40[01]$/],
    ['short', '\0', /^40[01]$/],
    ['short', '', 401],
    ['short', 'ABCDEFGH', 401],
    ['short', ' abcdefgh', 401],
    ['short', 'abcdefgh\uD800', /^40[01]$/],
    ['short', 'x'.repeat(100_000), /^40[01]$/],
  ]
  for (const [username, password, status] of tries)
    t.match(
      await login(node, { body: { username, password } }),
      { status },
      `${username} ${JSON.stringify(password.slice(0, 30))}`,
    )
})

await test('S10 unknown, mistaken and suspended users cannot be told apart', async (t) => {
  const node = await start(t)
  for (const username of ['alice', 'suspended'])
    await node.request('POST', '/api/v1/users', {
      body: { username, email: `${username}@example.com`, password: PASSWORD },
    })
  const { id } = await node.backend.accounts.findByName('suspended')
  await node.backend.accounts.setStatus(id, 'suspended')
  const tries = [
    { username: 'alice', password: 'a wrong password' },
    { email: 'alice@example.com', password: 'a wrong password' },
    { username: 'suspended', password: PASSWORD },
    { email: 'suspended@example.com', password: PASSWORD },
    { username: 'suspended', password: 'a wrong password' },
    { username: 'nobody', password: PASSWORD },
    { email: 'nobody@example.com', password: PASSWORD },
    { username: 'alice', password: '' },
  ]
  const seen = new Set<string>()
  for (const body of tries) {
    const reply = await login(node, { body })
    t.match(reply, WRONG, JSON.stringify(body))
    t.equal(reply.headers['www-authenticate'], 'Bearer realm="commonplace"', 'no token was sent')
    seen.add(comparable(reply))
  }
  t.equal(seen.size, 1, 'the same reply to the last byte')
})

/** Everything but what differs from one reply to the next anyway. */
function comparable({ status, headers, text }: Reply) {
  const { date: _date, 'x-request-id': _id, ...rest } = headers
  return JSON.stringify([status, rest, text])
}

await test('S17 every login opens a session of its own, and nobody is there to begin with', async (t) => {
  const node = await start(t)
  t.equal(await node.backend.accounts.count(), 0, 'no default account')
  for (const username of ['admin', 'root', 'user', 'test'])
    for (const password of ['admin', 'password', '', username])
      t.match(await login(node, { body: { username, password } }), { status: 401 })
  await node.request('POST', '/api/v1/users', { body: alice })
  const body = { username: 'alice', password: PASSWORD }
  const pairs = await Promise.all([1, 2, 3].map(async () => (await login(node, { body })).body))
  const sids = pairs.flatMap((pair) => [pair.access_token, pair.refresh_token].map(sidOf))
  t.equal(new Set(sids).size, 3)
  const tokens = pairs.flatMap((pair) => [pair.access_token, pair.refresh_token])
  t.equal(new Set(tokens).size, 6)
  const { sessions } = node.backend.store.tables
  const rows = await node.backend.store.query((q) => q.select().from(sessions))
  t.equal(rows.length, 3)
})

await test('S8 S50 no reply holds a password, a hash or a secret', async (t) => {
  const node = await start(t)
  const { request, backend } = node
  const texts: string[] = []
  const keep = async (reply: Promise<Reply>) => void texts.push(JSON.stringify(await reply))
  await keep(request('POST', '/api/v1/users', { body: alice }))
  await keep(login(node, { body: { username: 'alice', password: PASSWORD } }))
  await keep(login(node, { body: { username: 'alice', password: 'a wrong password' } }))
  await keep(login(node, { body: { username: 'alice', password: [PASSWORD] } }))
  await keep(request('POST', '/api/v1/users', { body: alice }))
  const client = await node.as('bob', 'admin')
  for (const url of ['me', 'users', 'users/1', 'protected'])
    await keep(client.get(`/api/v1/${url}`))
  await keep(client.put('/api/v1/users/1', { phone: '+4915112345678' }))
  await keep(request('GET', '/.well-known/jwks.json'))
  const { users, signingKeys } = backend.store.tables
  const rows = await backend.store.query((q) => q.select().from(users))
  const keys = await backend.store.query((q) => q.select().from(signingKeys))
  const secret = [
    PASSWORD,
    'a wrong password',
    '$2b$',
    'bcrypt',
    'PRIVATE',
    ...node.config.secretKeys,
  ]
  secret.push(...rows.map(({ passwordHash }) => passwordHash))
  secret.push(...keys.flatMap(({ privateKey, secretId }) => [privateKey, secretId]))
  t.ok(secret.length > 9 && texts.length > 9)
  for (const text of texts)
    for (const word of secret) t.notOk(text.includes(word), word.slice(0, 12))
})
