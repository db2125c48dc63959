import assert from 'node:assert/strict'
import { asc } from '../../../src/db/drizzle.ts'
import * as fc from 'fast-check'
import { test } from 'tap'
import type { Role } from '../../../src/base/actor.ts'
import { start } from '../../helper.ts'

const KINDS = ['posts', 'todos', 'books'] as const
type Kind = (typeof KINDS)[number]
const ROLES: Role[] = ['user', 'user', 'moderator', 'admin']

const who = fc.nat({ max: 3 })
const anyKind = fc.constantFrom(...KINDS)
const pick = fc.nat({ max: 7 })
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ who, role: fc.constantFrom(...ROLES) }) },
  { weight: 5, arbitrary: fc.record({ who, create: anyKind }) },
  {
    weight: 12,
    arbitrary: fc.record({
      who,
      method: fc.constantFrom('GET', 'PUT', 'DELETE'),
      kind: anyKind,
      pick,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ who, picks: fc.array(pick, { minLength: 1, maxLength: 4 }) }),
  },
)
const history = fc.array(step, { minLength: 10, maxLength: 30, size: 'max' })

interface Item {
  kind: Kind
  id: number
  owner: number
  title: string
}
/** What design.md, section 4, says, and nothing of how it is done. */
function may(method: string, actor: number, role: Role, { kind, owner }: Item) {
  if (owner === actor) return true
  if (kind === 'todos') return false
  return method === 'GET' || role !== 'user'
}
const bodyOf = (kind: Kind, title: string) =>
  ({ posts: { title, content: 'c' }, todos: { title }, books: { title, author: 'a' } })[kind]

await test('S45 S46 the owner rule holds', { timeout: 110_000 }, async (t) => {
  const { as, backend } = await start(t)
  const { store } = backend
  const people = [await as('alice'), await as('bob'), await as('carol'), await as('dave')]
  const seen = new Set<number>()
  let titles = 0

  async function stored() {
    const found: Item[] = []
    for (const kind of KINDS) {
      const table = store.tables[kind] as typeof store.tables.posts // only what all three have
      const rows = await store.query((q) => q.select().from(table).orderBy(asc(table.id)))
      for (const { id, userId: owner, title } of rows) found.push({ kind, id, owner, title })
    }
    return found
  }
  async function forget() {
    await store.transaction(function* (tx) {
      for (const kind of KINDS) yield* tx.query((q) => q.delete(store.tables[kind]))
    })
    for (const [i, { id }] of people.entries())
      await backend.accounts.setRole(id, ROLES[i]!, { force: true })
  }

  async function play(steps: typeof history extends fc.Arbitrary<infer T> ? T : never) {
    await forget()
    const roles = [...ROLES]
    const made: Item[] = []
    let model: Item[] = []
    /** An id of something that is there, or was, or never was; and what is there. */
    const choose = (kind: Kind, chosen: number) => {
      const all = made.filter((item) => item.kind === kind)
      const one = all[chosen % (all.length + 1)]
      return { id: one?.id ?? 1_000_000 + chosen, item: model.find((item) => item === one) }
    }

    for (const one of steps) {
      const { id: actor, send } = people[one.who]!
      const title = `title ${++titles}`
      if ('role' in one) {
        roles[one.who] = one.role
        await backend.accounts.setRole(actor, one.role, { force: true })
      } else if ('create' in one) {
        const kind = one.create
        const reply = await send('POST', `/api/v1/${kind}`, bodyOf(kind, title))
        assert.equal(reply.status, 201)
        const item = { kind, id: Number(reply.body.id), owner: actor, title }
        made.push(item)
        model.push(item)
      } else if ('picks' in one) {
        const chosen = one.picks.map((i) => choose('todos', i))
        const items = chosen.map(({ item }) => item)
        const foreign = items.some((item) => item && item.owner !== actor)
        const status = foreign ? 403 : items.includes(undefined) ? 404 : 200
        const ids = chosen.map(({ id }) => id)
        assert.equal((await send('DELETE', '/api/v1/todos', { ids })).status, status)
        seen.add(status)
        if (status === 200) model = model.filter((item) => !items.includes(item))
      } else {
        const { method, kind } = one
        const { id, item } = choose(kind, one.pick)
        const allowed = item && may(method, actor, roles[one.who]!, item)
        const done = method === 'DELETE' ? 204 : 200
        const status = allowed ? done : item ? 403 : 404
        const body = method === 'PUT' ? bodyOf(kind, title) : undefined
        const reply = await send(method, `/api/v1/${kind}/${id}`, body)
        assert.equal(reply.status, status)
        seen.add(status)
        if (allowed && method === 'PUT') item.title = title
        if (allowed && method === 'DELETE') model = model.filter((other) => other !== item)
        if (status === 200) assert.equal(reply.body.title, item?.title)
      }
      const expected = KINDS.flatMap((kind) => model.filter((item) => item.kind === kind))
      assert.deepEqual(await stored(), expected)
    }
  }
  // Assertions throw here, so that fast-check finds the shortest history that breaks the rule.
  await fc.assert(fc.asyncProperty(history, play), { numRuns: process.env['SLOW'] ? 400 : 40 })
  t.strictSame(new Set([200, 204, 403, 404]), seen, 'all of it has happened')
})
