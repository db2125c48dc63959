import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything } from '../refusals.ts'

/** Of each route; 200 bodies in all, and 5,000 when there is time. */
const RUNS = process.env['SLOW'] ? 455 : 20

/** Any 16 bits: letters, marks, NUL, half surrogate pairs. */
const anyText = fc.string({
  unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const prose = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 3, maxLength: 20 }) },
  { weight: 1, arbitrary: anyText },
  { weight: 2, arbitrary: fc.string().map((padded) => `\t ${padded}\u3000`) },
  { weight: 1, arbitrary: fc.nat(300).map((length) => 'x'.repeat(length)) },
)
const nick = fc.oneof(prose, fc.stringMatching(/^[a-zäöüßéèñЀ-я._-]{3,12}$/))
const member = {
  title: prose,
  content: prose,
  author: prose,
  description: fc.option(prose),
  completed: fc.boolean(),
  username: nick,
  email: fc.option(fc.tuple(nick, nick).map((parts) => parts.join('@'))),
  phone: fc.option(fc.stringMatching(/^\+[0-9]{1,16}$/)),
  password: fc.oneof(
    { weight: 1, arbitrary: prose },
    { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: 8, maxLength: 128 }) },
  ),
  refresh_token: prose,
  ids: fc.array(fc.oneof(fc.integer(), fc.double(), fc.nat(20)), { maxLength: 5 }),
}
type Member = keyof typeof member

/** Mostly what the route knows, now and then something else in its place or beside it. */
function bodies(members: Member[]): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(members.map((one) => [one, member[one]]))
  const wild = Object.fromEntries(
    members.map((one) => [one, fc.oneof({ weight: 4, arbitrary: member[one] }, fc.jsonValue())]),
  )
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(known) },
    { weight: 3, arbitrary: fc.record(known, { requiredKeys: [] }) },
    { weight: 3, arbitrary: fc.record(wild, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.object() },
    { weight: 1, arbitrary: fc.jsonValue() },
  )
}

/** What is stored of a text, by the rules of wire.md. */
const NORMAL: Partial<Record<string, (text: string) => string>> = {
  title: (text) => text.trim(),
  author: (text) => text.trim(),
  username: (text) => text.normalize('NFKC'),
  email: (text) => text.normalize('NFC'),
}
const kept = ([name, value]: [string, unknown]) => [
  name,
  typeof value === 'string' ? (NORMAL[name]?.(value) ?? value) : value,
]

await test('S61 any body is accepted and kept, or refused', { timeout: 110_000 }, async (t) => {
  const { as, backend, request } = await start(t)
  const alice = await as('alice')
  const first = async (path: string, body: object) =>
    String((await alice.post(path, body)).headers['location'])
  const post = await first('/api/v1/posts', { title: 'a', content: 'b' })
  const todo = await first('/api/v1/todos', { title: 'a' })
  const book = await first('/api/v1/books', { title: 'a', author: 'b' })
  const routes: Array<[method: string, url: string, members: Member[]]> = [
    ['POST', '/api/v1/posts', ['title', 'content']],
    ['PUT', post, ['title', 'content']],
    ['POST', '/api/v1/todos', ['title', 'description', 'completed']],
    ['PUT', todo, ['title', 'description', 'completed']],
    ['DELETE', '/api/v1/todos', ['ids']],
    ['POST', '/api/v1/books', ['title', 'author']],
    ['PUT', book, ['title', 'author']],
    ['POST', '/api/v1/users', ['username', 'password', 'email', 'phone']],
    ['PUT', `/api/v1/users/${alice.id}`, ['username', 'email', 'phone']],
    ['POST', '/api/v1/login', ['username', 'password']],
    ['POST', '/api/v1/refresh', ['refresh_token']],
  ]

  let accepted = 0
  for (const [method, url, members] of routes)
    await t.test(`${method} ${url}`, async (t) => {
      let sent = 0
      const holds = fc.asyncProperty(bodies(members), async (body) => {
        const before = await everything(backend)
        const payload = JSON.stringify(body)
        const headers = { 'content-type': 'application/json' }
        const reply =
          url === '/api/v1/refresh'
            ? await request(method, url, { body: payload, headers })
            : await alice.send(method, url, payload, { headers })
        sent += 1
        if (reply.status < 300) accepted += 1
        assert.ok(reply.status < 500, `${reply.status}: ${reply.text}`)
        if (reply.status >= 400) assert.deepEqual(await everything(backend), before)
        if (reply.status >= 300 || !/^(POST|PUT) .+(s|\d)$/.test(`${method} ${url}`)) return
        const normal = Object.fromEntries(Object.entries(Object(body)).map(kept))
        const { email, phone, password: _, ...shown } = normal
        const stored = url.includes('users')
          ? await backend.accounts.find(reply.body.id)
          : (await alice.get(reply.headers['location'] ?? url)).body
        for (const [name, value] of Object.entries(shown))
          assert.equal(stored[name], value, `${name} reads back as it was sent`)
        if (email !== undefined) assert.equal(stored.email ?? null, email)
        if (phone !== undefined) assert.equal(stored.phone ?? null, phone)
      })
      await fc.assert(holds, { numRuns: RUNS })
      t.equal(sent, RUNS, 'bodies were sent')
    })

  t.ok(accepted > RUNS, 'many are accepted')

  await t.test('nor does any query make a list fail', async (t) => {
    const names = ['limit', 'offset', 'user_id', 'completed', 'search', 'sort', 'ids', '__proto__']
    const pair = fc.tuple(
      fc.oneof(fc.constantFrom(...names), anyText),
      fc.oneof(prose, fc.integer()),
    )
    const raw = fc.stringMatching(/^[\w&=%[\]+;]{0,30}$/)
    const encode = (part: unknown) => encodeURIComponent(String(part).toWellFormed())
    const query = fc.oneof(
      raw,
      fc
        .array(pair, { maxLength: 4 })
        .map((pairs) => pairs.map((both) => both.map(encode).join('=')).join('&')),
    )
    const lists = fc.constantFrom('users', 'posts', 'todos', 'books')
    const holds = fc.asyncProperty(lists, query, async (list, text) => {
      const { status } = await alice.get(`/api/v1/${list}?${text}`)
      assert.ok(status === 200 || status === 400, `${status}`)
    })
    await fc.assert(holds, { numRuns: 2 * RUNS })
    t.pass()
  })
})
