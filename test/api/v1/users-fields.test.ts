import { test } from 'tap'
import { start } from '../../helper.ts'
import { refuses } from './refusals.ts'

const PASSWORD = 'a lantern in the attic'
const LETTERS = 'username must consist of letters, digits, ".", "_" and "-"'
const EMAIL = /^email must (be an email address: no spaces|look like alice@example\.com)/
const PHONE = 'phone must look like +4915112345678'

const usernames: Array<[sent: string, shown?: string]> = [
  ['abc'],
  ['x'.repeat(32)],
  ['a.b_c-9'],
  ['...'],
  ['Алиса'],
  ['ალისა'],
  ['アリス'],
  ['爱丽丝'],
  ['नमस्ते'],
  ['أليس٣'],
  ['𝒜gnes', 'Agnes'],
  ['Ｂｏｂ', 'Bob'],
  ['ﬁnn', 'finn'],
  ['Zoe\u0308', 'Zoë'],
  ['administrator'],
]
const noUsernames: Array<[sent: string, message: string]> = [
  ['', 'username must have at least 3 characters'],
  ['ab', 'username must have at least 3 characters'],
  ['x'.repeat(33), 'username must have at most 32 characters'],
  ['a@b.c', LETTERS],
  ['two words', LETTERS],
  [' padded', LETTERS],
  ['tab\there', LETTERS],
  ['semi;colon', LETTERS],
  ['turtle🐢', LETTERS],
  ['zero\u200Bwidth', LETTERS],
  ['\u202Ealice', LETTERS],
  ['a/b/c', LETTERS],
  ['admin', 'username is reserved'],
  ['ROOT', 'username is reserved'],
  ['Anonymous', 'username is reserved'],
  ['ａｄｍｉｎ', 'username is reserved'],
]
const host = `${'y'.repeat(61)}.`.repeat(3)
const emails = [
  'a@b',
  'first.last+tag@sub.example.com',
  'ünïcode@例え.jp',
  `abc@${host}${'z'.repeat(63)}`,
]
const noEmails = [
  '',
  'alice',
  '@',
  'a@',
  '@b',
  'a@b@c',
  'a b@c',
  'a@b c',
  `${'x'.repeat(253)}@y`,
  `${'x'.repeat(65)}@y`,
]
const phones = ['+12', '+4915112345678', '+123456789012345']
const noPhones = ['', '+1', '123456', '+0123', '+1234567890123456', '+49 151', '+49-151', '００']

await test('the fields of an account', async (t) => {
  const started = await start(t)
  const { as, request } = started
  const alice = await as('alice')
  const call = 'POST /users'
  const put = `PUT /users/${alice.id}`

  await t.test('usernames are of any script, in NFKC', async (t) => {
    for (const [sent, shown = sent] of usernames) {
      const body = { username: sent, password: PASSWORD }
      const reply = await request('POST', '/api/v1/users', { body })
      t.hasStrict(reply, { status: 201, body: { username: shown } }, sent)
      const login = await request('POST', '/api/v1/login', { body })
      t.equal(login.status, 200, `${sent} logs in`)
    }
  })
  await t.test('usernames are changed by the same rules', async (t) => {
    const carol = await as('carol')
    const url = `/api/v1/users/${carol.id}`
    t.hasStrict(await carol.put(url, { username: 'Ｃｌａｒａ' }), { body: { username: 'Clara' } })
  })
  await t.test('other usernames are refused, with the reason', async (t) => {
    for (const to of [call, put])
      await refuses(
        t,
        started,
        alice,
        noUsernames.map(([username, message]) => ({
          call: to,
          body: to === call ? { username, password: PASSWORD } : { username },
          status: 400,
          message,
        })),
      )
  })
  await t.test('an email is that of a mailbox, and has at most 254 characters', async (t) => {
    for (const email of emails)
      t.hasStrict(await alice.put(`/api/v1/users/${alice.id}`, { email }), {
        status: 200,
        body: { email },
      })
    const message = new RegExp(`${EMAIL.source}|^email must have at most (254 characters|64 bytes)`)
    await refuses(
      t,
      started,
      alice,
      noEmails.flatMap((email) => [
        { call: put, body: { email }, status: 400, message },
        {
          call,
          body: { username: 'newcomer', password: PASSWORD, email },
          status: 400,
          message,
        },
      ]),
    )
  })
  await t.test('a phone number is in E.164', async (t) => {
    for (const phone of phones)
      t.hasStrict(await alice.put(`/api/v1/users/${alice.id}`, { phone }), {
        status: 200,
        body: { phone },
      })
    await refuses(
      t,
      started,
      alice,
      noPhones.flatMap((phone) => [
        { call: put, body: { phone }, status: 400, message: PHONE },
        {
          call,
          body: { username: 'newcomer', password: PASSWORD, phone },
          status: 400,
          message: PHONE,
        },
      ]),
    )
  })
})
