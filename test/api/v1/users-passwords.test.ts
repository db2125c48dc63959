import { test } from 'tap'
import { start } from '../../helper.ts'
import { refuses } from './refusals.ts'

const call = 'POST /users'

await test('the password of an account', async (t) => {
  const started = await start(t)
  const { request } = started
  let names = 0
  const register = (password: string, more: object = {}) =>
    request('POST', '/api/v1/users', {
      body: { username: `user-${++names}`, password, ...more },
    })
  const login = (password: string, username = `user-${names}`) =>
    request('POST', '/api/v1/login', { body: { username, password } })
  const isRefused = (rows: Array<[password: string, message: string, more?: object]>) =>
    rows.map(([password, message, more]) => ({
      call,
      body: { username: 'heron-watch', password, ...more },
      status: 400,
      message,
    }))
  const accepts = (rows: Record<string, string>) =>
    Object.entries(rows).map(async ([promise, password]) => {
      const username = `user ${promise}`.replaceAll(/\W/g, '-').slice(0, 32)
      const { status } = await register(password, { username })
      return [promise, status, (await login(password, username)).status]
    })
  const accepted = (rows: Record<string, string>) =>
    Object.keys(rows).map((promise) => [promise, 201, 200])

  await t.test('S1 S2 has 8 to 128 code points of any script', async (t) => {
    const rows = {
      'eight letters': 'vqhzktpw',
      'eight emoji': '🐢🦉🐝🦊🐙🦔🐬🦜',
      '64 Chinese': '春夏秋冬'.repeat(16),
      '128 letters': 'vqhzktpw'.repeat(16),
      '128 emoji': '🐢🦉🐝🦊'.repeat(32),
      '128 letters with marks': 'e\u0301o\u0308'.repeat(64),
    }
    t.strictSame(await Promise.all(accepts(rows)), accepted(rows))
    await refuses(
      t,
      started,
      undefined,
      isRefused([
        ['vqhzktp', 'password must have at least 8 characters'],
        ['🐢🦉🐝🦊🐙🦔🐬', 'password must have at least 8 characters'],
        ['e\u0301o\u0308u\u0308a\u0301', 'password must have at least 8 characters'],
        ['vqhzktpw'.repeat(16).concat('x'), 'password must have at most 128 characters'],
        ['🐢'.repeat(129), 'password must have at most 128 characters'],
        ['x'.repeat(200_000), 'password must have at most 128 characters'],
      ]),
    )
  })
  await t.test('S3 is nothing that a guesser tries first', async (t) => {
    const email = 'some.body@example.com'
    await refuses(
      t,
      started,
      undefined,
      isRefused([
        ['password123', 'password is one of the most common passwords'],
        ['PassWord123', 'password is one of the most common passwords'],
        ['Heron-Watch', 'password must not be the username'],
        ['ｈｅｒｏｎ-ｗａｔｃｈ', 'password must not be the username'],
        ['Some.Body@Example.com', 'password must not be the email address', { email }],
        [
          'SOME.body',
          'password must not be the part of the email address before the "@"',
          { email },
        ],
        ['CommonPlace', 'password must not be "commonplace"'],
      ]),
    )
  })
  await t.test('S4 need not be composed of anything', async (t) => {
    const rows = {
      'lower case': 'herons by the canal',
      'spaces at both ends': '  herons by the canal  ',
      'one emoji': '🐢'.repeat(15),
      'only digits': '927461830574920',
    }
    t.strictSame(await Promise.all(accepts(rows)), accepted(rows))
  })
  await t.test('S5 counts beyond its first 72 bytes', async (t) => {
    const same = 'herons by the canal '.repeat(4).slice(0, 72)
    await register(`${same} one`)
    t.hasStrict(await login(`${same} two`), {
      status: 401,
      body: { message: 'Invalid credentials' },
    })
    t.equal((await login(same)).status, 401)
    t.equal((await login(`${same} one`)).status, 200)
  })
  await t.test('S6 is one text in NFC and NFD, and NUL ends nothing', async (t) => {
    await register('Zürich-Ångström'.normalize('NFD'))
    t.equal((await login('Zürich-Ångström'.normalize('NFC'))).status, 200)
    await register('Zürich-Ångström'.normalize('NFC'))
    t.equal((await login('Zürich-Ångström'.normalize('NFD'))).status, 200)
    t.equal((await login('Zürich-Ångström\0Zürich')).status, 400)
    t.equal((await login('zürich-ångström')).status, 401, 'upper case counts')
    t.equal((await login(' Zürich-Ångström')).status, 401, 'blanks count')
  })
  await t.test('S7 is a text, also when logging in', async (t) => {
    await refuses(
      t,
      started,
      undefined,
      [5, true, null, [], ['x'], {}].map((password) => ({
        call: 'POST /login',
        body: { username: 'user-1', password },
        status: 400,
        message: 'password must be a string',
      })),
    )
  })
  await t.test('every rule that is broken is named at once', async (t) => {
    await refuses(t, started, undefined, [
      {
        call,
        body: { username: 'admin', password: 'x7#qzv', email: 'a@b', phone: '+123' },
        status: 400,
        message: 'username is reserved; password must have at least 8 characters',
      },
    ])
  })
})
