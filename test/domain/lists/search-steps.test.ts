import { test } from 'tap'
import type { Store } from '../../../src/db/store.ts'
import { LIMITS } from '../../../src/domain/lists/pace.ts'
import { openLibrary } from './library.ts'

const FILLED = Array.from({ length: 60 }, (_, at) => ({
  title: 'a',
  content: 'plum pear fig',
  category: 'general',
  at,
  isOther: false,
}))

await test('S79 so few texts are searched at once that the longest of them keep nobody waiting', async (t) => {
  const { store, listOf, edit } = await openLibrary(t)
  if (store.engine === 'postgres') {
    t.comment('searches elsewhere')
    return
  }
  await edit({ add: FILLED })
  let most = 0
  const watched: Store = {
    ...store,
    step(statement, values) {
      const { ids, slice } = values ?? {}
      most = Math.max(most, typeof ids === 'string' ? JSON.parse(ids).length : Number(slice ?? 0))
      return store.step(statement, values)
    },
  }
  const cases = [
    ['plum', 10],
    ['plum pear fig', 8],
  ] as const
  const list = listOf(LIMITS, watched)
  for (const sort of ['relevance', 'title:asc'] as const)
    for (const [q, limit] of cases) {
      most = 0
      const { records, total } = await list.page({ q, sort, total: true, limit: 50 })
      t.match({ found: records.length, total }, { found: 50, total: 60 })
      t.ok(most > 0 && most <= limit, `${q} by ${sort}: ${most}`)
    }
})
