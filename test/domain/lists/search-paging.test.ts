import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import { LIMITS } from '../../../src/domain/lists/pace.ts'
import {
  type Draft,
  type Kept,
  type Library,
  openLibrary,
  type PostQuery,
  TIGHT,
} from './library.ts'
import { engine } from '../../database.ts'
import { moment } from './people.ts'

// Few of each, so that many are tied and most are found; letters that UTF-16 orders otherwise than the databases.
const word = fc.constantFrom('plum', 'plums', 'pear', 'pl', 'plumplum', 'p')
const draft: fc.Arbitrary<Draft> = fc.record({
  title: fc.constantFrom('a', 'b', '\uff01', '😀'),
  content: fc.array(word, { minLength: 2, maxLength: 5 }).map((words) => words.join(' ')),
  category: fc.constantFrom('general', 'news'),
  at: fc.nat(3),
  isOther: fc.boolean(),
})
const term = fc.oneof(
  word,
  fc.constantFrom('plu', 'pea', '"plum"', '"plum pear"', '"pear p"', '"pl"', 'nothing'),
)
const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
const course = fc.record({
  start: fc.array(draft, { minLength: 8, maxLength: 30 }),
  edits: fc.array(
    fc.record({
      add: fc.array(draft, { maxLength: 3 }),
      remove: fc.array(fc.nat(), { maxLength: 3 }),
    }),
    { maxLength: 8 },
  ),
  q: fc.option(
    fc.array(term, { minLength: 1, maxLength: 2 }).map((terms) => terms.join(' ')),
    { nil: undefined },
  ),
  filters: fc.record({
    isOther: sometimes(fc.boolean()),
    category: sometimes(fc.constantFrom('general', 'news', 'none')),
    since: sometimes(fc.nat(2)),
    until: sometimes(fc.integer({ min: 2, max: 4 })),
  }),
  field: fc.constantFrom('created_at', 'updated_at', 'title', 'id'),
  direction: fc.constantFrom('asc', 'desc'),
  limit: fc.integer({ min: 1, max: 5 }),
  limits: fc.constantFrom(LIMITS, TIGHT, { ...TIGHT, sweep: 100 }, { ...TIGHT, walk: 100, few: 0 }),
})
type Course = typeof course extends fc.Arbitrary<infer C> ? C : never

let courses = 0

await test('records that come and go while one pages through a search hide and repeat no other', async (t) => {
  const library = await openLibrary(t)
  let met = 0
  const holds = fc.asyncProperty(course, async (given) => {
    const { edits, limits, limit, start } = given
    await library.edit({ remove: library.kept().map(({ id }) => id), add: start })
    const list = library.listOf(limits, unnamed(library.store))
    const query = queryOf(library, given)
    const all = () => expected(library, given)
    const before = all()
    const seen: number[] = []
    let cursor: string | undefined
    for (let i = 0; i === 0 || cursor !== undefined; i++) {
      const page = await list.page({ ...query, limit, cursor, total: true })
      const ids = page.records.map(({ id }) => Number(id))
      const there = all()
      assert.equal(page.total, there.length, 'the total')
      if (ids[0] !== undefined) {
        const place = there.indexOf(ids[0])
        assert.deepEqual(ids, there.slice(place, place + ids.length), 'no gaps')
        assert.equal(page.prev !== undefined, place > 0, 'whether a page goes before')
        assert.equal(page.next !== undefined, place + ids.length < there.length, 'or follows')
      }
      if (page.prev !== undefined && i > 0) {
        const back = await list.page({ ...query, limit, cursor: page.prev })
        const place = ids[0] === undefined ? there.length : there.indexOf(ids[0])
        const gone = back.records.map(({ id }) => Number(id))
        assert.deepEqual(gone, there.slice(Math.max(0, place - limit), place), 'and back')
      }
      seen.push(...ids)
      cursor = page.next
      const kept = library.kept()
      const edit = edits[i]
      const remove = kept.length > 0 ? edit?.remove.map((n) => kept[n % kept.length]!.id) : []
      if (edit) await library.edit({ add: edit.add, remove: remove ?? [] })
    }
    assert.equal(new Set(seen).size, seen.length, 'nothing twice')
    const left = new Set(all())
    assert.deepEqual(
      before.filter((id) => left.has(id) && !seen.includes(id)),
      [],
      'nothing is missed',
    )
    met += seen.length
  })
  await fc.assert(holds, { numRuns: 300 })
  t.ok(met > 1000, `${met} records were met`)
})

/** The same store, in which one name can be declared many times: each course has a list of its own. */
function unnamed(store: Library['store']): Library['store'] {
  const count = (courses += 1)
  return { ...store, define: (name, build) => store.define(`${name} ${count}`, build) }
}
function queryOf({ users }: Library, { q, filters, field, direction }: Course): PostQuery {
  const { isOther, category, since, until } = filters
  return {
    q,
    sort: `${field}:${direction}` as NonNullable<PostQuery['sort']>,
    filters: {
      user_id: isOther === undefined ? undefined : isOther ? users.other : users.one,
      category,
      created_after: since === undefined ? undefined : moment(since),
      created_before: until === undefined ? undefined : moment(until),
    },
  }
}

/** The ids of what the list should have, by going through everything. */
function expected(library: Library, { q, filters, field, direction }: Course): number[] {
  const { isOther, category, since = 0, until = Infinity } = filters
  const terms = q?.match(/"[^"]*"|\S+/g) ?? []
  const passes = (post: Kept) => {
    const text = ` ${post.title.replaceAll(/\P{L}/gu, '')} ${post.content} `.replaceAll(/ +/g, ' ')
    const holds = (one: string) =>
      text.includes(
        ` ${one.replaceAll('"', '')}${one.length === 1 || one.startsWith('"') ? ' ' : ''}`,
      )
    return (
      (isOther === undefined || post.isOther === isOther) &&
      (category === undefined || post.category === category) &&
      post.at >= since &&
      post.at < until &&
      terms.every(holds)
    )
  }
  const key = (post: Kept) =>
    field === 'title'
      ? Buffer.from(post.title).toString('hex')
      : { created_at: post.at, updated_at: -post.at, id: post.id }[field]
  const ordered = library
    .kept()
    .filter(passes)
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id))
    .map(({ id }) => id)
  return direction === 'asc' ? ordered : ordered.toReversed()
}

await test(
  'a search that takes too long is given up',
  { skip: engine === 'postgres' && 'PostgreSQL gives up by itself' },
  async (t) => {
    const library = await openLibrary(t)
    await library.edit({
      add: ['plum', 'plum'].map((content) => ({
        title: 'a',
        content,
        category: 'general',
        at: 0,
        isOther: false,
      })),
    })
    const list = library.listOf({ ...TIGHT, patience: -1 }, unnamed(library.store))
    await t.rejects(list.page({ q: 'plum' }), { code: 'OVERLOADED', statusCode: 503 })
    t.equal((await list.page({})).records.length, 2, 'what an index has is read')
  },
)
