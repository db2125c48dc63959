import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import type { Page } from '../../../src/domain/lists/declaration.ts'
import { openPeople, type People, type UserQuery } from './people.ts'

type Found = Page<Awaited<ReturnType<People['list']['page']>>['records'][number]>
interface Edit {
  add: Array<{ at: number; word: string }>
  /** Which of those that are there, counted round and round. */
  remove: number[]
}

const SORTS = ['created_at', 'username', 'id'].flatMap((field) => [
  `${field}:asc` as const,
  `${field}:desc` as const,
]) as Array<NonNullable<UserQuery['sort']>>

// Few moments, so that many are tied, and letters that UTF-16 orders otherwise than the databases.
const person = fc.record({
  at: fc.nat(2),
  word: fc.constantFrom('a', 'b', '_', 'é', '中', '\uff01', '😀'),
})
const edit: fc.Arbitrary<Edit> = fc.record({
  add: fc.array(person, { maxLength: 3 }),
  remove: fc.array(fc.nat(), { maxLength: 3 }),
})
const course = fc.record({
  start: fc.array(person, { maxLength: 12 }),
  forth: fc.array(edit, { maxLength: 6 }),
  back: fc.array(edit, { maxLength: 6 }),
  sort: fc.constantFrom(...SORTS),
  limit: fc.integer({ min: 1, max: 4 }),
  since: fc.option(fc.nat(2), { nil: undefined }),
})

await test('records that come and go while one pages forth and back hide and repeat no other', async (t) => {
  const people = await openPeople(t)
  let turned = 0
  const holds = fc.asyncProperty(course, async ({ start, forth, back, sort, limit, since }) => {
    const { now, apply } = await begin(people, { sort, since })
    await apply({ add: start, remove: [] })
    /** Follows the cursors while the edits happen, one between every two pages. */
    async function walk(towards: 'next' | 'prev', from: string | undefined, edits: Edit[]) {
      const pages: Found[] = []
      let there: number[] = []
      for (let cursor = from, i = 0; i === 0 || cursor !== undefined; i++) {
        const page = await people.list.page({ ...now.query, limit, cursor })
        turned += 1
        there = await now.ids()
        liesIn(there, page)
        pages.push(page)
        cursor = page[towards]
        await apply(edits[i])
      }
      return { pages, there }
    }
    /** Those of `before` that are still there were met once, and nobody twice. */
    const meets = async (met: number[], before: number[]) => {
      assert.equal(new Set(met).size, met.length, 'nobody twice')
      const left = new Set(await now.ids())
      const missed = before.filter((id) => left.has(id) && !met.includes(id))
      assert.deepEqual(missed, [], 'nobody is missed')
    }

    const before = await now.ids()
    const { pages, there } = await walk('next', undefined, forth)
    await meets(pages.flatMap(idsOf), before)

    const last = pages.at(-1)
    if (last?.prev === undefined) return
    const [first] = idsOf(last)
    const passed = first === undefined ? there : there.slice(0, there.indexOf(first))
    const returned = await walk('prev', last.prev, back)
    await meets(returned.pages.toReversed().flatMap(idsOf), passed)
  })
  await fc.assert(holds, { numRuns: 150 })
  t.ok(turned > 300, `${turned} pages were turned`)
})

function idsOf({ records }: Found) {
  return records.map(({ id }) => id)
}

/** An empty table, what changes it, and what is in it at the moment. */
async function begin(
  people: People,
  { sort, since }: { sort: NonNullable<UserQuery['sort']>; since: number | undefined },
) {
  const filters =
    since === undefined ? {} : { created_after: new Date(Date.UTC(2026, 10, 20, 0, 0, since)) }
  const query = { sort, filters } satisfies UserQuery
  const everybody = async () => (await people.list.page({ limit: 100 })).records.map(({ id }) => id)
  await people.edit({ remove: await everybody() })
  let count = 0
  return {
    now: {
      query,
      /** The whole list. It is shorter than the longest page. */
      ids: async () => idsOf(await people.list.page({ ...query, limit: 100 })),
    },
    async apply(change: Edit | undefined) {
      if (!change) return
      const there = await everybody()
      const remove = there.length > 0 ? change.remove.map((n) => there[n % there.length]!) : []
      const add = change.add.map(({ at, word }) => ({ at, name: `${word}${(count += 1)}` }))
      await people.edit({ add, remove })
    },
  }
}

/** A page is a part of the list without gaps, and has cursors where something lies before and behind it. */
function liesIn(all: number[], page: Found) {
  const ids = idsOf(page)
  if (ids.length === 0) {
    assert.equal(Boolean(page.next || page.prev), all.length > 0, 'a way back to what there is')
    return
  }
  const place = all.indexOf(ids[0]!)
  assert.deepEqual(ids, all.slice(place, place + ids.length))
  assert.equal(page.prev !== undefined, place > 0, 'whether a page goes before')
  assert.equal(page.next !== undefined, place + ids.length < all.length, 'whether a page follows')
}
