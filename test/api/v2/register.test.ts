import { test } from 'tap'
import { type Reply, start, type Started } from '../../helper.ts'
import { login, PASSWORD, refused } from './session.ts'

const EMAIL = 'alice@example.com'
const register = ({ request }: Pick<Started, 'request'>, body: object) =>
  request('POST', '/api/v2/auth/register', { body })

await test('a new account is there, and its email waits to be confirmed', async (t) => {
  const node = await start(t)
  const reply = await register(node, { username: 'Alice', password: PASSWORD, email: EMAIL })
  t.match(reply, { status: 201, headers: { 'cache-control': 'no-store' } })
  t.match(reply.body, {
    username: 'Alice',
    email: null,
    pending_email: EMAIL,
    phone: null,
    role: 'user',
    status: 'active',
  })
  t.equal(reply.headers['location'], `/api/v2/users/${reply.body.id}`)
  t.match(await node.request('GET', String(reply.headers['location'])), {
    status: 200,
    body: { username: 'Alice' },
  })
  t.match(await login(node, 'alice'), { status: 200 })
  refused(t, await login(node, EMAIL), 401, 'invalid_credentials', 'nobody has confirmed it')
  const bare = await register(node, { username: 'bob', password: PASSWORD })
  t.match(bare, { status: 201, body: { email: null, pending_email: null } })
})

await test('S16 whether an email has an account cannot be told from a registration', async (t) => {
  const node = await start(t)
  const owner = await node.backend.accounts.register({
    username: 'owner',
    password: PASSWORD,
    email: EMAIL,
  })
  const spellings = [EMAIL, 'ALICE@Example.com', 'free@example.com']
  const seen = new Set<string>()
  for (const [i, email] of spellings.entries()) {
    const reply = await register(node, { username: `user-${i}`, password: PASSWORD, email })
    t.match(reply, { status: 201, body: { pending_email: email } })
    seen.add(comparable(reply, email))
  }
  t.strictSame([...seen].slice(1), [], 'all replies are the same')
  t.match(await node.backend.accounts.find(owner.id), { email: EMAIL, revision: owner.revision })
  const reply = await login(node, EMAIL)
  t.match(reply, { status: 200 }, 'the owner still logs in with it')
  const { body } = await node.request('GET', '/api/v2/me', {
    headers: { authorization: `Bearer ${reply.body.access_token}` },
  })
  t.equal(body.username, 'owner')
})

/** Everything but what is each account's own, and what differs from one reply to the next anyway. */
function comparable({ status, headers, body }: Reply, email: string) {
  const { date: _date, 'x-request-id': _id, location, 'content-length': length, ...rest } = headers
  const { id, username, created_at: created, updated_at: updated, ...shown } = body
  return JSON.stringify([
    status,
    rest,
    location?.replace(/\d+$/, '7'),
    Number(length) - String(id).length - email.length,
    { ...shown, pending_email: 'given' },
    username.replace(/\d/, '7'),
    created === updated,
  ])
}

await test('a taken username is told, whatever its spelling and with whatever email', async (t) => {
  const node = await start(t)
  await register(node, { username: 'alice', password: PASSWORD })
  for (const username of ['alice', 'ALICE', 'ａｌｉｃｅ'])
    for (const more of [{}, { email: EMAIL }]) {
      const reply = await register(node, { username, password: PASSWORD, ...more })
      refused(t, reply, 409, 'username_taken', username)
    }
  t.equal(await node.backend.accounts.count(), 1)
})

await test('of registrations of one name at once exactly one succeeds', async (t) => {
  const node = await start(t)
  const names = ['alice', 'Alice', 'aLICE', 'alice', 'ALICE']
  const replies = await Promise.all(
    names.map((username) => register(node, { username, password: PASSWORD })),
  )
  const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b)
  t.strictSame(statuses, [201, 409, 409, 409, 409])
  t.equal(await node.backend.accounts.count(), 1)
})

await test('S17 a registration opens no session', async (t) => {
  const node = await start(t)
  const reply = await register(node, { username: 'alice', password: PASSWORD })
  t.notOk(/token/.test(reply.text))
  const { sessions } = node.backend.store.tables
  t.strictSame(await node.backend.store.query((q) => q.select().from(sessions)), [])
})

await test('S1 S2 S3 S7 S47 S57 every violation of a registration is named at once', async (t) => {
  const node = await start(t)
  const good = { username: 'alice', password: PASSWORD }
  const rows: Array<[name: string, body: object, errors: Array<[pointer: string, code: string]>]> =
    [
      [
        'what is no registration',
        { email: 'nobody', phone: '+4915112345678', password: 12345678, role: 'admin' },
        [
          ['#/username', 'required'],
          ['#/email', 'wrong_format'],
          ['#/phone', 'unknown_member'],
          ['#/password', 'wrong_type'],
          ['#/role', 'unknown_member'],
        ],
      ],
      [
        'what breaks the rules of fields',
        { username: 'a b', password: 'zqxj vk', email: 'a\u200b@b' },
        [
          ['#/username', 'invalid_characters'],
          ['#/email', 'invalid_email'],
          ['#/password', 'too_short'],
        ],
      ],
      ['reserved', { ...good, username: 'Root' }, [['#/username', 'reserved']]],
      ['too long', { ...good, password: 'x'.repeat(129) }, [['#/password', 'too_long']]],
      ['common', { ...good, password: 'password1' }, [['#/password', 'common_password']]],
      [
        'the name',
        { username: 'commonplacer', password: 'CommonPlacer' },
        [['#/password', 'same_as_username']],
      ],
      ['the email', { ...good, password: EMAIL, email: EMAIL }, [['#/password', 'same_as_email']]],
      ['NUL', { ...good, username: 'ali\0ce' }, [['#/username', 'malformed_text']]],
    ]
  for (const [name, body, errors] of rows) {
    const reply = await register(node, body)
    refused(t, reply, 422, 'validation_failed', name)
    const told: Array<{ pointer: string; code: string }> = reply.body.errors
    const found = told.map(({ pointer, code }) => `${pointer} ${code}`).toSorted()
    t.strictSame(found, errors.map((error) => error.join(' ')).toSorted(), name)
  }
  t.equal(await node.backend.accounts.count(), 0)
  t.match(await register(node, { ...good, password: '🔑'.repeat(8) }), { status: 201 })
})
